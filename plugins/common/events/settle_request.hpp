/// Which deliveries a client settles: the body of acknowledge, release, reject and renewLock.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/events/arena.hpp"
#include "common/events/problem.hpp"

namespace events {

struct SettleRules {
  std::size_t body_bytes = std::size_t{1} << 20U;
  std::size_t tokens = 1000;
};

struct AskedToken {
  std::string_view text;
  bool repeated = false;  ///< it stands before already: it is lost, whatever becomes of the first
};

/// Reads bodies one after the other, each into the memory of the one before: of one thread. Uses the thread's
/// cloud_event::Scratch.
class SettleRequest {
 public:
  explicit SettleRequest(SettleRules rules = {}) : rules_(rules) {}

  /// Nothing where the body is {"lockTokens": [texts]}; other members are passed over. The body stays as long as its
  /// tokens are used. A token may be any text: whether it is one of ours is LockTokens' to say.
  std::optional<Problem> read(std::string_view body, std::size_t readable = 0);

  /// In the order of the request, from the last read().
  std::span<const AskedToken> tokens() const noexcept { return tokens_; }

 private:
  class Reader;
  void mark_repeated();

  SettleRules rules_;
  Arena arena_;
  std::vector<AskedToken> tokens_;
  std::vector<std::size_t> order_;
};

}  // namespace events
