#include "route/retained.hpp"

#include <algorithm>
#include <mutex>

namespace trellis::kernel {

Retained::Retained(Metrics& metrics, std::string_view name_space) : metrics_(metrics) {
  const std::string labels = metric_label("namespace", name_space);
  count_ = metrics.declare(MetricType::gauge, "trellis_retained_messages", labels, "Retained messages kept.");
  size_ = metrics.declare(MetricType::gauge, "trellis_retained_bytes", labels, "Bytes of retained messages.");
}

void Retained::set_limits(const RetainedLimits& limits) {
  const std::unique_lock lock(mutex_);
  limits_ = limits;
}

bool Retained::store(const Message& message) {
  const std::unique_lock lock(mutex_);
  Level* level = &root_;
  LevelCursor topic(message.topic());
  for (LevelCursor rest = topic; level != nullptr && rest.more();) {
    const auto next = level->below.find(rest.next());
    level = next != level->below.end() ? &next->second : nullptr;
  }
  const bool known = level != nullptr && level->message;
  if (message.payload().empty()) {
    if (known) {
      forget(*level);
      prune(root_, topic);
    }
    return true;
  }
  const std::uint64_t replaced = known ? level->message->bytes() : 0;
  const bool too_deep = levels_ > kMaxTopicLevels && levels_ / kLevelsPerMessage > limits_.messages;
  if ((!known && (messages_ >= limits_.messages || too_deep)) || bytes_ - replaced + message.bytes() > limits_.bytes) {
    return false;
  }
  if (known) forget(*level);
  for (level = &root_; topic.more();) {
    const auto [next, made] = level->below.try_emplace(std::string(topic.next()));
    levels_ += made;
    level = &next->second;
  }
  level->message = MessagePtr(message);
  ++messages_;
  bytes_ += message.bytes();
  metrics_.add_any(size_, static_cast<std::int64_t>(message.bytes()));
  metrics_.add_any(count_, 1);
  return true;
}

void Retained::forget(Level& level) {
  --messages_;
  bytes_ -= level.message->bytes();
  metrics_.add_any(size_, -static_cast<std::int64_t>(level.message->bytes()));
  metrics_.add_any(count_, -1);
  level.message = {};
}

// Takes out levels of a topic that hold nothing any more; true when this one does not.
bool Retained::prune(Level& level, LevelCursor topic) {
  if (topic.more()) {
    const auto next = level.below.find(topic.next());
    if (prune(next->second, topic)) {
      level.below.erase(next);
      --levels_;
    }
  }
  return !level.message && level.below.empty();
}

std::vector<MessagePtr> Retained::find(std::string_view filter, std::int64_t wall_ms) const {
  Found found;
  {
    const std::shared_lock lock(mutex_);
    collect(root_, LevelCursor(filter), wall_ms, found);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a->topic() < b->topic(); });
  return found;
}

void Retained::collect(const Level& level, LevelCursor filter, std::int64_t wall_ms, Found& found) const {
  const LevelCursor here = filter;
  const std::string_view name = filter.more() ? filter.next() : "";
  const bool all = here.more() && name == "#";
  if ((all || !here.more()) && level.message && !level.message->expired(wall_ms)) found.push_back(level.message);
  if (all || (here.more() && name == "+")) {
    for (const auto& [text, next] : level.below) {
      // Wildcards in the first level do not match topics of the broker's own.
      if (&level != &root_ || !text.starts_with('$')) collect(next, all ? here : filter, wall_ms, found);
    }
  } else if (here.more()) {
    const auto next = level.below.find(name);
    if (next != level.below.end()) collect(next->second, filter, wall_ms, found);
  }
}

void Retained::sweep(std::int64_t wall_ms, const std::function<void(const Message&)>& gone,
                     const std::function<void()>& swept) {
  const std::unique_lock lock(mutex_);
  sweep(root_, wall_ms, gone);
  swept();
}

// No name of a namespace holds U+0000, and no topic.
std::string Retained::key(std::string_view name_space, std::string_view topic) {
  std::string key(1, kKey);
  key.append(name_space).append(1, '\0').append(topic);
  return key;
}

std::optional<Retained::Key> Retained::read_key(std::string_view key) {
  const std::size_t end = key.find('\0');
  if (!key.starts_with(kKey) || end == key.npos) return std::nullopt;
  return Key{key.substr(1, end - 1), key.substr(end + 1)};
}

bool Retained::sweep(Level& level, std::int64_t wall_ms, const std::function<void(const Message&)>& gone) {
  if (level.message && level.message->expired(wall_ms)) {
    gone(*level.message);
    forget(level);
  }
  for (auto next = level.below.begin(); next != level.below.end();) {
    const bool nothing = sweep(next->second, wall_ms, gone);
    next = nothing ? level.below.erase(next) : std::next(next);
    levels_ -= nothing;
  }
  return !level.message && level.below.empty();
}

}  // namespace trellis::kernel
