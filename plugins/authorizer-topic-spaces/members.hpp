// What one shard compiled of the clients that asked lately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "snapshot.hpp"

namespace topic_spaces {

/// By the number of their identity. When half of the room is used, those that did not ask since it was half empty go.
class Members {
 public:
  explicit Members(std::size_t most) : half_(most / 2 + 1) {}

  /// Null where it is not known. Lives until the next put() or clear().
  const Member* find(std::uint64_t identity) {
    if (const auto found = young_.find(identity); found != young_.end()) return &found->second;
    if (large_.first == identity) return &large_.second;
    const auto found = old_.find(identity);
    if (found == old_.end()) return nullptr;
    Member member = std::move(found->second);
    old_.erase(found);
    return &put(identity, std::move(member));
  }

  const Member& put(std::uint64_t identity, Member member) {
    if (member.is_large()) {
      large_ = {identity, std::move(member)};
      return large_.second;
    }
    if (young_.size() >= half_) {
      old_ = std::move(young_);
      young_ = {};
    }
    return young_.insert_or_assign(identity, std::move(member)).first->second;
  }

  void clear() noexcept {
    young_.clear();
    old_.clear();
    large_ = {};
  }

 private:
  std::size_t half_;
  std::unordered_map<std::uint64_t, Member> young_;
  std::unordered_map<std::uint64_t, Member> old_;
  std::pair<std::uint64_t, Member> large_;  // the last one that would take too much room among the others
};

}  // namespace topic_spaces
