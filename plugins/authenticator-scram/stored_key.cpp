#include "stored_key.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

#include "common/base64/base64.hpp"
#include "crypto.hpp"

namespace scram {
namespace {

constexpr std::string_view kScheme = "SCRAM-SHA-256$";
constexpr std::size_t kMostSaltBytes = 64;

/// Cuts off what stands before `end`; false where it does not come.
bool take(std::string_view& text, char end, std::string_view& part) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return false;
  part = text.substr(0, at);
  text.remove_prefix(at + 1);
  return true;
}

bool read_iterations(std::string_view text, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= kFewestIterations &&
         number <= kMostIterations;
}

bool read_key(std::string_view text, std::string& key) {
  auto bytes = common::from_base64(text);
  if (!bytes || bytes->size() != kHashBytes) return false;
  key = std::move(*bytes);
  return true;
}

}  // namespace

std::optional<StoredKey> parse_stored_key(std::string_view text, std::string& why) {
  std::string_view iterations;
  std::string_view salt;
  std::string_view stored;
  StoredKey key;
  // The text itself is not repeated: it may be a password somebody forgot to turn into keys.
  if (!text.starts_with(kScheme)) {
    why = "these are no keys, expected what begins with SCRAM-SHA-256$";
    return std::nullopt;
  }
  text.remove_prefix(kScheme.size());
  if (!take(text, ':', iterations) || !take(text, '$', salt) || !take(text, ':', stored)) {
    why = "a part is missing, expected SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY";
    return std::nullopt;
  }
  auto salt_bytes = common::from_base64(salt);
  if (!read_iterations(iterations, key.iterations)) {
    why = "found \"" + std::string(iterations) + "\", expected the number of iterations, 4096 to 10000000";
  } else if (!salt_bytes || salt_bytes->empty() || salt_bytes->size() > kMostSaltBytes) {
    why = "the salt is not base64 of 1 to 64 bytes";
  } else if (!read_key(stored, key.stored_key) || !read_key(text, key.server_key)) {
    why = "a key is not base64 of 32 bytes";
  } else {
    key.salt = std::move(*salt_bytes);
    return key;
  }
  return std::nullopt;
}

std::string format_stored_key(const StoredKey& key) {
  return std::string(kScheme) + std::to_string(key.iterations) + ":" + common::to_base64(key.salt) + "$" +
         common::to_base64(key.stored_key) + ":" + common::to_base64(key.server_key);
}

std::optional<StoredKey> make_stored_key(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  std::string salted = salted_password(password, salt, iterations);
  if (salted.empty()) return std::nullopt;
  StoredKey key{iterations, std::string(salt), hash(hmac(salted, "Client Key")), hmac(salted, "Server Key")};
  OPENSSL_cleanse(salted.data(), salted.size());
  return key;
}

std::optional<StoredKey> make_stored_key(std::string_view password, std::uint32_t iterations) {
  const std::string salt = random_bytes(kSaltBytes);
  if (salt.empty()) return std::nullopt;
  return make_stored_key(password, salt, iterations);
}

std::string text_error(std::string_view what, std::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
  if (printable) return {};
  return "the " + std::string(what) + " contains something else than printable ASCII, which SCRAM would have to " +
         "normalise the same way on both sides";
}

}  // namespace scram
