// SHA-256 as SCRAM uses it (RFC 5802, 2.2), through OpenSSL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scram {

inline constexpr std::size_t kHashBytes = 32;

/// H(text).
std::string hash(std::string_view text);
/// HMAC(key, text).
std::string hmac(std::string_view key, std::string_view text);
/// Hi(password, salt, iterations), which is PBKDF2; empty where OpenSSL has no memory.
std::string salted_password(std::string_view password, std::string_view salt, std::uint32_t iterations);
/// Of two texts of the same size.
std::string exclusive_or(std::string_view one, std::string_view other);
/// In a time that tells nothing but whether the sizes differ.
bool same(std::string_view one, std::string_view other);
/// Random bytes; empty where OpenSSL has none.
std::string random_bytes(std::size_t count);

}  // namespace scram
