#include "common/openssl/openssl.hpp"

#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <ctime>

namespace openssl {

std::string last_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string() : reason;
}

Bio reader_of(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

bool at_the_end_of_pem() {
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (end) ERR_clear_error();
  return end;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  static constexpr std::size_t kBytes = 32;
  std::string made(kBytes, '\0');
  const auto* const made_by =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), reinterpret_cast<unsigned char*>(made.data()), nullptr);
  return made_by != nullptr ? made : std::string();
}

std::optional<std::int64_t> unix_ms(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return static_cast<std::int64_t>(timegm(&parts)) * 1000;
}

}  // namespace openssl
