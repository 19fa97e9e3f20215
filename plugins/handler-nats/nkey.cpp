#include "nkey.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/base64/base64.hpp"

namespace nats {
namespace {

using trellis::fail;

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";  // base32 of RFC 4648, without padding
constexpr unsigned kSeedPrefix = 18U << 3U;                                // 'S'
constexpr unsigned kUserPrefix = 20U << 3U;                                // 'U'
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSeedBytes = 2 + kKeyBytes + 2;  // prefixes, key, checksum

std::optional<std::string> from_base32(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t digit = kLetters.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 5U | static_cast<std::uint32_t>(digit)) & 0xFFFFU;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFFU);
  }
  return out;
}

std::string to_base32(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    for (count += 8; count >= 5; count -= 5) out += kLetters[bits >> (count - 5) & 31U];
  }
  if (count > 0) out += kLetters[bits << (5 - count) & 31U];
  return out;
}

/// CRC-16 with the polynomial 0x1021, the lower byte first.
std::string checksum(std::string_view bytes) {
  std::uint32_t crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint32_t>(static_cast<unsigned char>(c)) << 8U;
    for (int i = 0; i < 8; ++i) crc = ((crc & 0x8000U) != 0 ? crc << 1U ^ 0x1021U : crc << 1U) & 0xFFFFU;
  }
  return {static_cast<char>(crc & 0xFFU), static_cast<char>(crc >> 8U)};
}

const unsigned char* data(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

trellis::Result<UserKey> UserKey::of_seed(std::string_view seed) {
  const openssl::CleanErrors clean;
  const auto bytes = from_base32(seed);
  if (!bytes || bytes->size() != kSeedBytes)
    return fail("is no seed of a user, which begins with SU and has 58 letters");
  const std::string_view body = std::string_view(*bytes).substr(0, kSeedBytes - 2);
  if (checksum(body) != bytes->substr(kSeedBytes - 2)) return fail("is damaged: its checksum is wrong");
  const auto first = static_cast<unsigned char>(body[0]);
  const auto second = static_cast<unsigned char>(body[1]);
  const unsigned kind = (first & 7U) << 5U | second >> 3U;
  if ((first & 0xF8U) != kSeedPrefix || kind != kUserPrefix) return fail("is no seed of a user, which begins with SU");
  UserKey made;
  made.key_.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, data(body.substr(2)), kKeyBytes));
  std::array<unsigned char, kKeyBytes> name{};
  std::size_t size = name.size();
  if (made.key_ == nullptr || EVP_PKEY_get_raw_public_key(made.key_.get(), name.data(), &size) != 1) {
    return fail("OpenSSL does not take the key");
  }
  std::string public_key(1, static_cast<char>(kUserPrefix));
  public_key.append(reinterpret_cast<const char*>(name.data()), size);
  made.name_ = to_base32(public_key + checksum(public_key));
  return made;
}

std::string UserKey::sign(std::string_view nonce) const {
  const openssl::CleanErrors clean;
  std::string made(64, '\0');
  std::size_t size = made.size();
  const openssl::DigestContext context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, data(nonce), nonce.size()) !=
          1) {
    return {};
  }
  return common::to_base64(std::string_view(made).substr(0, size));
}

}  // namespace nats
