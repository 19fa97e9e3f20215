#include "store.hpp"

#include <algorithm>

namespace lua {
namespace {

constexpr std::size_t kOverhead = 160;  // of an entry's nodes, about
// Tokens have keys of their own beside those of values.
constexpr char kTokens = 't';
constexpr char kValues = 'v';

class FullKey {
 public:
  FullKey(char kind, std::string_view key) : text_(1, kind) { text_ += key; }
  operator std::string_view() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::size_t Store::size_of(const Entry& entry) {
  const auto* value = std::get_if<Value>(&entry.value);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return kOverhead + entry.key.size() + (text == nullptr ? 0 : text->size());
}

void Store::drop(Place place) {
  bytes_ -= size_of(*place);
  places_.erase(place->key);
  entries_.erase(place);
}

Store::Entry* Store::find(std::string_view key, Time now) {
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  const Place place = found->second;
  if (place->end != Time(0) && place->end <= now) {
    drop(place);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, place);
  return &*place;
}

Store::Entry& Store::make(std::string_view key) {
  entries_.push_front({std::string(key), Value(false), Time(0)});
  places_.emplace(entries_.front().key, entries_.begin());
  bytes_ += size_of(entries_.front());
  return entries_.front();
}

// After an entry, which is the first one, became another size.
void Store::resize(Entry& entry, std::size_t before) {
  bytes_ += size_of(entry) - before;
  while (entries_.size() > 1 && (entries_.size() > most_entries_ || bytes_ > most_bytes_)) {
    drop(std::prev(entries_.end()));
  }
}

std::optional<Store::Value> Store::get(std::string_view key, Time now) {
  const FullKey full(kValues, key);
  const std::lock_guard lock(mutex_);
  const Entry* entry = find(full, now);
  if (entry == nullptr) return std::nullopt;
  return std::get<Value>(entry->value);
}

void Store::set(std::string_view key, Value value, Time life, Time now) {
  const FullKey full(kValues, key);  // before the lock: it allocates
  const std::lock_guard lock(mutex_);
  Entry* entry = find(full, now);
  if (entry == nullptr) entry = &make(full);
  const std::size_t before = size_of(*entry);
  entry->value = std::move(value);
  entry->end = life > Time(0) ? now + life : Time(0);
  resize(*entry, before);
}

void Store::remove(std::string_view key) {
  const FullKey full(kValues, key);
  const std::lock_guard lock(mutex_);
  if (const auto found = places_.find(full); found != places_.end()) drop(found->second);
}

std::optional<std::int64_t> Store::increase(std::string_view key, std::int64_t by, Time life, Time now) {
  const FullKey full(kValues, key);  // before the lock: it allocates
  const std::lock_guard lock(mutex_);
  Entry* entry = find(full, now);
  if (entry == nullptr) {
    entry = &make(full);
    entry->value = Value(std::int64_t{0});
    entry->end = life > Time(0) ? now + life : Time(0);
    resize(*entry, size_of(*entry));
  }
  auto* number = std::get_if<std::int64_t>(&std::get<Value>(entry->value));
  std::int64_t sum = 0;
  if (number == nullptr || __builtin_add_overflow(*number, by, &sum)) return std::nullopt;
  return *number = sum;
}

bool Store::take(std::string_view key, double per_second, double burst, Time now) {
  const FullKey full(kTokens, key);
  const std::lock_guard lock(mutex_);
  Entry* entry = find(full, now);
  if (entry == nullptr) {
    entry = &make(full);
    entry->value = Tokens{burst, now};
    resize(*entry, size_of(*entry));
  }
  auto& tokens = std::get<Tokens>(entry->value);
  const double come = std::chrono::duration<double>(now - tokens.at).count() * per_second;
  tokens.ready = std::min(burst, tokens.ready + std::max(0.0, come));
  tokens.at = std::max(tokens.at, now);
  // Once as many have come as may lie ready it is as if it had never been there.
  entry->end = now + Time(static_cast<std::int64_t>(burst / per_second * 1000) + 1);
  if (tokens.ready < 1) return false;
  tokens.ready -= 1;
  return true;
}

}  // namespace lua
