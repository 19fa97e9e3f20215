// What a shard waits for: answers that come later, by token, each with a deadline.
#pragma once

#include <trellis/abi/base.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <trellis/runtime/shard.hpp>
#include <utility>

namespace trellis::runtime {

/// Used on its shard's thread. What is still awaited when it dies is forgotten.
template <typename Value>
class Awaited {
 public:
  /// late: told what was awaited in vain, and is not any more.
  Awaited(Shard& shard, std::function<void(Value&)> late) : shard_(shard), late_(std::move(late)) {}

  /// The token is unique in the process, and never 0.
  trellis_token add(std::uint64_t deadline_ms, Value value) {
    const trellis_token token = add(std::move(value));
    set_deadline(token, deadline_ms);
    return token;
  }
  /// Without a deadline.
  trellis_token add(Value value) {
    const trellis_token token = (trellis_token{shard_.index()} << 56) | ++last_;
    items_.emplace(token, std::make_unique<Item>(*this, token, std::move(value)));
    return token;
  }
  /// From now on; for a token that is awaited.
  void set_deadline(trellis_token token, std::uint64_t deadline_ms) {
    shard_.arm(*items_.find(token)->second, deadline_ms);
  }
  /// What goes on being awaited, with a deadline from now on; nothing when it is not awaited.
  std::optional<Value> prolong(trellis_token token, std::uint64_t deadline_ms) {
    const Value* const value = find(token);
    if (value == nullptr) return std::nullopt;
    set_deadline(token, deadline_ms);
    return *value;
  }
  /// From now on it takes what time it takes.
  void end_deadline(trellis_token token) { items_.find(token)->second->cancel(); }
  /// Null when it is not awaited; stays where it is until it is taken or forgotten.
  Value* find(trellis_token token) {
    const auto found = items_.find(token);
    return found == items_.end() ? nullptr : &found->second->value;
  }
  /// Nothing when it is not awaited any more, or never was.
  std::optional<Value> take(trellis_token token) {
    const auto found = items_.find(token);
    if (found == items_.end()) return std::nullopt;
    std::optional<Value> value(std::move(found->second->value));
    items_.erase(found);
    return value;
  }
  template <typename Predicate>
  void forget_if(Predicate&& predicate) {
    boost::unordered::erase_if(items_, [&](const auto& item) { return predicate(item.second->value); });
  }

 private:
  struct Item final : Timer {
    Item(Awaited& owner, trellis_token name, Value what)
        : Timer(&Awaited::on_deadline), home(owner), token(name), value(std::move(what)) {}
    Awaited& home;
    trellis_token token;
    Value value;
  };
  static void on_deadline(Timer& timer) {
    const auto& item = static_cast<Item&>(timer);
    Awaited& home = item.home;
    std::optional<Value> value = home.take(item.token);  // before the call, which may add the next one
    home.late_(*value);
  }

  Shard& shard_;
  std::function<void(Value&)> late_;
  trellis_token last_ = 0;
  boost::unordered_flat_map<trellis_token, std::unique_ptr<Item>> items_;
};

}  // namespace trellis::runtime
