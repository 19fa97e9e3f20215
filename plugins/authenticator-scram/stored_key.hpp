// What is kept of a password: enough to check who knows it, too little to be them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scram {

inline constexpr std::uint32_t kFewestIterations = 4096;  // RFC 7677, 4
inline constexpr std::uint32_t kMostIterations = 10'000'000;
inline constexpr std::uint32_t kUsualIterations = 100'000;
inline constexpr std::size_t kSaltBytes = 16;

/// One user's line behind the ':', in the form of RFC 5803 that PostgreSQL writes too:
/// SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY, all but the number in base64.
struct StoredKey {
  std::uint32_t iterations = 0;
  std::string salt;
  std::string stored_key;
  std::string server_key;
  bool operator==(const StoredKey&) const = default;
};

/// Reads one. On failure says in `why` what was found and what was expected.
std::optional<StoredKey> parse_stored_key(std::string_view text, std::string& why);

/// The text parse_stored_key() reads.
std::string format_stored_key(const StoredKey& key);

/// Of a password that text_error() lets pass. Nothing where OpenSSL has no random numbers or no memory.
std::optional<StoredKey> make_stored_key(std::string_view password, std::uint32_t iterations);
/// The same with a salt given.
std::optional<StoredKey> make_stored_key(std::string_view password, std::string_view salt, std::uint32_t iterations);

/// What is wrong with a name or a password, or an empty text. Both sides have to prepare texts alike (SASLprep), which
/// leaves printable ASCII as it is; everything else depends on tables of Unicode that two sides rarely share, so it is
/// refused rather than checked against something slightly different.
std::string text_error(std::string_view what, std::string_view text);

}  // namespace scram
