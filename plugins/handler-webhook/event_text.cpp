#include "event_text.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

#include "common/stamp/utc_time.hpp"

namespace hooks {

std::string stable_uuid(std::initializer_list<std::string_view> parts) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const std::string_view part : parts) {
    // With its length, so that no two lists of parts are one text.
    const std::uint64_t size = part.size();
    for (unsigned shift = 0; shift < 64; shift += 8) text += static_cast<char>((size >> shift) & 0xffU);
    text += part;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  digest[6] = static_cast<unsigned char>(0x80U | (digest[6] & 0x0fU));  // version 8: of its maker's own making
  digest[8] = static_cast<unsigned char>(0x80U | (digest[8] & 0x3fU));
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += {kHex[digest[i] >> 4U], kHex[digest[i] & 15U]};
  }
  return out;
}

void append_event_grid(std::string& out, const events::Event& event, std::chrono::milliseconds received) {
  const auto attribute = [&](std::string_view name) {
    for (const auto& [key, token] : event.attributes) {
      if (key == name) return token;
    }
    return std::string_view();
  };
  const auto member = [&](std::string_view name, std::string_view token, std::string_view otherwise) {
    out.append(out.back() == '{' ? "\"" : ",\"").append(name).append("\":").append(token.empty() ? otherwise : token);
  };
  out += '{';
  member("id", attribute("id"), "\"\"");
  member("topic", attribute("source"), "\"\"");
  member("subject", attribute("subject"), "\"\"");
  member("eventType", attribute("type"), "\"\"");
  member("eventTime", attribute("time"), "\"" + common::write_utc(received.count()) + "\"");
  const std::string_view data = event.data.empty() ? event.data_base64 : event.data;
  if (!data.empty()) member("data", data, {});
  member("dataVersion", attribute("dataversion"), "\"1.0\"");
  member("metadataVersion", "\"1\"", {});
  out += '}';
}

}  // namespace hooks
