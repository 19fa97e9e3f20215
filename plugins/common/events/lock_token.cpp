#include "common/events/lock_token.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstring>
#include <memory>
#include <utility>

namespace events {
namespace {

constexpr unsigned char kVersion = 1;
constexpr std::size_t kKeyIdAt = 1;
constexpr std::size_t kLeaseAt = 5;
constexpr std::size_t kMacAt = 33;
constexpr std::size_t kBytes = 49;
using Bytes = std::array<unsigned char, kBytes>;

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(0xFF);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

unsigned char* put(unsigned char* at, std::uint64_t value, std::size_t size) noexcept {
  for (std::size_t i = size; i > 0; --i) *at++ = static_cast<unsigned char>(value >> (8 * (i - 1)));
  return at;
}

std::uint64_t get(const unsigned char*& at, std::size_t size) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8U | *at++;
  return value;
}

void to_letters(const Bytes& bytes, LockTokens::Text& out) noexcept {
  std::size_t to = 0;
  unsigned bits = 0;
  unsigned count = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8U | byte) & 0xFFFFU;
    for (count += 8; count >= 6; count -= 6) out[to++] = kLetters[bits >> (count - 6) & 63U];
  }
  out[to] = kLetters[bits << (6 - count) & 63U];  // of 49 bytes two bits are left
}

// In one way only: a token with bits left over is none.
bool from_letters(std::string_view text, Bytes& bytes) noexcept {
  if (text.size() != LockTokens::kSize) return false;
  std::size_t to = 0;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char letter : text) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(letter)];
    if (value >= 64) return false;
    bits = (bits << 6U | value) & 0xFFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[to++] = static_cast<unsigned char>(bits >> count & 0xFFU);
  }
  return to == kBytes && (bits & ((1U << count) - 1)) == 0;
}

}  // namespace

TokenError error_of(TokenFault fault) noexcept {
  switch (fault) {
    case TokenFault::none:
      return TokenError::none;
    case TokenFault::other_key:
    case TokenFault::other_subscriber:
      return TokenError::token_lost;
    default:
      return TokenError::bad_token;
  }
}

std::string_view message_of(TokenFault fault) noexcept {
  switch (fault) {
    case TokenFault::malformed:
      return "The token is not well-formed.";
    case TokenFault::altered:
      return "The token is not one that this service gave.";
    case TokenFault::other_subscriber:
      return "The token belongs to another event subscription.";
    default:
      return {};
  }
}

trellis::Result<LockTokens> LockTokens::make(std::string_view key) {
  static constexpr std::string_view kKeyId = "trellis lock token key";
  if (key.size() < kLeastKeyBytes) {
    return trellis::fail("the key of lock tokens: found " + std::to_string(key.size()) + " bytes, expected at least " +
                         std::to_string(kLeastKeyBytes));
  }
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free);
  LockTokens tokens(mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac.get()));
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(key.data());
  unsigned char id[kMacBytes];
  if (tokens.context_ == nullptr || EVP_MAC_init(tokens.context_, bytes, key.size(), parameters) != 1 ||
      !tokens.seal(reinterpret_cast<const unsigned char*>(kKeyId.data()), kKeyId.size(), id)) {
    return trellis::fail("OpenSSL has no HMAC-SHA-256");
  }
  std::memcpy(tokens.key_id_.data(), id, kKeyIdBytes);
  return tokens;
}

LockTokens::LockTokens(LockTokens&& other) noexcept
    : context_(std::exchange(other.context_, nullptr)), key_id_(other.key_id_) {}

LockTokens& LockTokens::operator=(LockTokens&& other) noexcept {
  std::swap(context_, other.context_);
  key_id_ = other.key_id_;
  return *this;
}

LockTokens::~LockTokens() { EVP_MAC_CTX_free(context_); }

bool LockTokens::seal(const unsigned char* text, std::size_t size, unsigned char* mac) noexcept {
  unsigned char whole[EVP_MAX_MD_SIZE];
  std::size_t made = 0;
  // Without a key it begins anew with the one it has.
  if (EVP_MAC_init(context_, nullptr, 0, nullptr) != 1 || EVP_MAC_update(context_, text, size) != 1 ||
      EVP_MAC_final(context_, whole, &made, sizeof whole) != 1 || made < kMacBytes) {
    return false;
  }
  std::memcpy(mac, whole, kMacBytes);
  return true;
}

std::string_view LockTokens::write(const Lease& lease, Text& out) noexcept {
  Bytes bytes;
  bytes[0] = kVersion;
  std::memcpy(bytes.data() + kKeyIdAt, key_id_.data(), kKeyIdBytes);
  unsigned char* at = bytes.data() + kLeaseAt;
  at = put(at, lease.subscriber, 8);
  at = put(at, lease.number, 8);
  at = put(at, lease.delivery_count, 4);
  put(at, static_cast<std::uint64_t>(lease.since_unix_ms), 8);
  if (!seal(bytes.data(), kMacAt, bytes.data() + kMacAt)) return {};
  to_letters(bytes, out);
  return {out.data(), out.size()};
}

TokenFault LockTokens::read(std::string_view token, std::uint64_t subscriber, Lease& lease) noexcept {
  Bytes bytes;
  if (!from_letters(token, bytes) || bytes[0] != kVersion) return TokenFault::malformed;
  unsigned char mac[kMacBytes];
  if (!seal(bytes.data(), kMacAt, mac)) return TokenFault::altered;
  const bool sealed = CRYPTO_memcmp(mac, bytes.data() + kMacAt, kMacBytes) == 0;
  // The key's name tells whose token it is, not whether it is good.
  if (!sealed) {
    const bool ours = std::memcmp(bytes.data() + kKeyIdAt, key_id_.data(), kKeyIdBytes) == 0;
    return ours ? TokenFault::altered : TokenFault::other_key;
  }
  const unsigned char* at = bytes.data() + kLeaseAt;
  Lease read;
  read.subscriber = get(at, 8);
  read.number = get(at, 8);
  read.delivery_count = static_cast<std::uint32_t>(get(at, 4));
  read.since_unix_ms = static_cast<std::int64_t>(get(at, 8));
  if (read.subscriber != subscriber) return TokenFault::other_subscriber;
  lease = read;
  return TokenFault::none;
}

}  // namespace events
