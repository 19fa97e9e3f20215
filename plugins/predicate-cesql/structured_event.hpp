// The attributes of a CloudEvent in structured mode.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "common/cesql/value.hpp"

namespace cesql {

/// The members of the last event this thread read, but for its data. Keeps its memory from event to event.
class StructuredEvent {
 public:
  /// Most attributes of an event; those beyond make it none.
  static constexpr std::size_t kMostMembers = 64;

  /// Nothing where the text is no JSON object. What lies inside the data is skipped, not checked. May throw bad_alloc.
  static const StructuredEvent* read(std::string_view json);

  /// The first member of that name. Valid until this thread reads the next event.
  std::optional<Value> find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      if (members_[i].name == name) return members_[i].value;
    }
    return std::nullopt;
  }

  bool add(std::string_view name, Value value) noexcept {
    if (count_ == kMostMembers) return false;
    members_[count_++] = {name, value};
    return true;
  }

 private:
  struct Member {
    std::string_view name;
    Value value;
  };

  std::size_t count_ = 0;
  std::array<Member, kMostMembers> members_;
};

}  // namespace cesql
