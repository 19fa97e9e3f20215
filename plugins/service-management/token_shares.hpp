/// Places in equal shares for all tokens, so that who holds one cannot take the places of the others.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

namespace management {

/// How many places are taken for each token. [any]
class TokenShares {
 public:
  TokenShares(std::size_t places, std::size_t tokens) : share_((places + tokens - 1) / tokens), taken_(tokens) {}

  bool take(std::size_t token) noexcept {
    enter(token);
    if (taken_[token] <= share_) return true;
    give_back(token);
    return false;
  }
  /// Takes one whether or not there is any; for those who asked full() before.
  void enter(std::size_t token) noexcept {
    ++all_;
    ++taken_[token];
  }
  void give_back(std::size_t token) noexcept {
    --taken_[token];
    --all_;
  }
  bool full(std::size_t token) const noexcept { return taken_[token] >= share_; }
  bool empty() const noexcept { return all_ == 0; }

 private:
  const std::size_t share_;
  std::vector<std::atomic<std::size_t>> taken_;
  std::atomic<std::size_t> all_ = 0;
};

}  // namespace management
