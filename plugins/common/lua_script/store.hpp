// What scripts remember between messages, shared by all shards of an instance.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

namespace lua {

/// Values by key, each with an end or without, bounded in number and bytes. Where there is no room the one that was
/// not used for the longest time goes: keys made of what clients send must not push out the script itself.
///
/// All members may be called on any thread; each takes the lock once and copies at most one value.
class Store {
 public:
  using Time = std::chrono::milliseconds;
  using Value = std::variant<bool, std::int64_t, double, std::string>;
  static constexpr std::size_t kLongestKey = 256;
  static constexpr std::size_t kLongestValue = 64 * 1024;

  Store(std::size_t entries, std::size_t bytes) : most_entries_(entries), most_bytes_(bytes) {}

  std::optional<Value> get(std::string_view key, Time now);
  /// life: 0 for no end.
  void set(std::string_view key, Value value, Time life, Time now);
  void remove(std::string_view key);
  /// Adds to a whole number, from 0 where there is none; nothing where the value is none, or the sum too large. life
  /// counts from the first addition on.
  std::optional<std::int64_t> increase(std::string_view key, std::int64_t by, Time life, Time now);
  /// Takes one of the key's tokens, of which so many come per second and at most burst lie ready.
  bool take(std::string_view key, double per_second, double burst, Time now);

 private:
  struct Tokens {
    double ready;
    Time at;
  };
  struct Entry {
    std::string key;
    std::variant<Value, Tokens> value;
    Time end{0};
  };
  using Place = std::list<Entry>::iterator;

  Entry* find(std::string_view key, Time now);
  Entry& make(std::string_view key);
  void resize(Entry& entry, std::size_t before);
  void drop(Place place);
  static std::size_t size_of(const Entry& entry);

  const std::size_t most_entries_;
  const std::size_t most_bytes_;
  std::mutex mutex_;
  // All below is guarded by mutex_.
  std::list<Entry> entries_;  // the one used last comes first
  std::unordered_map<std::string_view, Place> places_;
  std::size_t bytes_ = 0;
};

}  // namespace lua
