/// The tokens that clients settle deliveries with.
///
/// A token says which lease of which subscriber it is, with an HMAC-SHA-256 of 128 bits under a key of the service, so
/// that nothing has to be kept for it and nobody can make one. Its letters are those of base64url: safe in JSON and in
/// URLs. What it says is not secret, only sealed; its form is not promised to anybody. It holds no end: the lease has
/// one, which renewLock moves while the token stays.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <trellis/result.hpp>

#include "common/events/answers.hpp"

struct evp_mac_ctx_st;

namespace events {

struct Lease {
  std::uint64_t subscriber = 0;
  std::uint64_t number = 0;  ///< of the lease
  std::uint32_t delivery_count = 0;
  std::int64_t since_unix_ms = 0;  ///< when it was first received: renewals are asked for within an hour of it

  bool operator==(const Lease&) const = default;
};

/// What is wrong with a token.
enum class TokenFault : std::uint8_t {
  none,
  malformed,        ///< too short, too long, other letters, or no token of ours at all
  other_key,        ///< made under another key: by another process, or before a restart
  altered,          ///< under this key nobody made it
  other_subscriber  ///< good, for somebody else
};

/// What the answer says of it: BadToken where it never was one, TokenLost where it may have been.
TokenError error_of(TokenFault fault) noexcept;
/// A sentence for the answer; empty where the usual one of that error fits.
std::string_view message_of(TokenFault fault) noexcept;

/// Makes and checks tokens under one key. Has the state of the HMAC, so it is of one thread; every thread has its own.
class LockTokens {
 public:
  static constexpr std::size_t kLeastKeyBytes = 16;
  static constexpr std::size_t kSize = 66;  ///< letters of a token
  using Text = std::array<char, kSize>;

  /// Fails where the key is shorter than kLeastKeyBytes. The key is not kept but for the state of the HMAC.
  static trellis::Result<LockTokens> make(std::string_view key);

  LockTokens(LockTokens&& other) noexcept;
  LockTokens& operator=(LockTokens&& other) noexcept;
  ~LockTokens();

  /// The text of the token, in `out`. Empty only where OpenSSL fails.
  std::string_view write(const Lease& lease, Text& out) noexcept;
  /// Which lease it is, if it is one of that subscriber. Takes as long for every token of the right form.
  TokenFault read(std::string_view token, std::uint64_t subscriber, Lease& lease) noexcept;

 private:
  static constexpr std::size_t kMacBytes = 16;
  static constexpr std::size_t kKeyIdBytes = 4;

  explicit LockTokens(evp_mac_ctx_st* context) : context_(context) {}
  bool seal(const unsigned char* text, std::size_t size, unsigned char* mac) noexcept;

  evp_mac_ctx_st* context_;
  std::array<unsigned char, kKeyIdBytes> key_id_{};
};

}  // namespace events
