#include <mutex>
#include <trellis/keeping/retained.hpp>

namespace trellis::keeping {
namespace {

constexpr std::size_t kSweptAtOnce = 2000;

}  // namespace

/// One answer as it comes together.
struct Retained::Walk {
  std::int64_t wall_ms;
  const RetainedPart& part;
  RetainedFound& found;
  std::string path;  // of the level looked at
};

Retained::Retained(Metrics& metrics, std::string_view name_space) : metrics_(metrics) {
  const std::string labels = metric_label("namespace", name_space);
  count_ = metrics.declare(MetricType::gauge, "trellis_retained_messages", labels, "Retained messages kept.");
  size_ = metrics.declare(MetricType::gauge, "trellis_retained_bytes", labels, "Bytes of retained messages.");
}

void Retained::set_limits(const RetainedLimits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

std::uint64_t Retained::stored() const {
  const std::lock_guard lock(mutex_);
  return stored_;
}

Retained::Level* Retained::level_of(std::string_view topic) {
  Level* level = &root_;
  for (LevelCursor rest(topic); level != nullptr && rest.more();) {
    const auto next = level->below.find(rest.next());
    level = next != level->below.end() ? &next->second : nullptr;
  }
  return level;
}

bool Retained::store(const Message& message) {
  const std::lock_guard lock(mutex_);
  LevelCursor topic(message.topic());
  Level* level = level_of(message.topic());
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
  level->number = ++stored_;
  if (message.expires()) expiring_.emplace(message.facts().expires_at_ms, level);
  earliest_ = expiring_.empty() ? INT64_MAX : expiring_.begin()->first;
  ++messages_;
  bytes_ += message.bytes();
  metrics_.add_any(size_, static_cast<std::int64_t>(message.bytes()));
  metrics_.add_any(count_, 1);
  return true;
}

void Retained::forget(Level& level) {
  if (level.message->expires()) expiring_.erase({level.message->facts().expires_at_ms, &level});
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

RetainedFound Retained::find(std::string_view filter, std::int64_t wall_ms, const RetainedPart& part) const {
  RetainedFound found;
  Walk all{.wall_ms = wall_ms, .part = part, .found = found, .path = {}};
  const LevelCursor behind(part.behind);
  const std::lock_guard lock(mutex_);
  walk(root_, LevelCursor(filter), part.behind.empty() ? nullptr : &behind, all);
  return found;
}

/// behind: what of the topic to go on behind lies below this level, which was looked at before then.
void Retained::walk(const Level& level, LevelCursor filter, const LevelCursor* behind, Walk& walk) const {
  const LevelCursor here = filter;
  const std::string_view name = filter.more() ? filter.next() : "";
  const bool all = here.more() && name == "#";
  if (behind == nullptr) {
    const bool matches = all || !here.more();
    if (matches && level.message && !level.message->expired(walk.wall_ms) && level.number <= walk.part.until)
      walk.found.messages.push_back(level.message);
    if (++walk.found.steps >= walk.part.steps || walk.found.messages.size() >= walk.part.messages) {
      walk.found.all = false;
      walk.found.behind = walk.path;
      return;
    }
  }
  if (!here.more()) return;
  const std::size_t length = walk.path.size();
  const bool many = all || name == "+";
  auto next = many ? level.below.begin() : level.below.find(name);
  std::optional<LevelCursor> rest;  // of the topic to go on behind
  std::string_view first;
  if (behind != nullptr && behind->more()) {
    rest = *behind;
    first = rest->next();
    if (many) next = level.below.lower_bound(first);
  }
  for (; next != level.below.end() && walk.found.all; ++next) {
    const auto& [text, below] = *next;
    const bool before = rest && text < first;
    // Wildcards in the first level do not match topics of the broker's own.
    if (!before && !(many && &level == &root_ && text.starts_with('$'))) {
      if (&level != &root_) walk.path += '/';
      walk.path += text;
      this->walk(below, all ? here : filter, rest && text == first ? &*rest : nullptr, walk);
      walk.path.resize(length);
    }
    if (!many) break;
  }
}

void Retained::sweep(std::int64_t wall_ms, const std::function<void(const Message&)>& gone,
                     const std::function<void()>& swept) {
  if (earliest_ > wall_ms) return;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kSweptAtOnce && !expiring_.empty() && expiring_.begin()->first <= wall_ms; ++i) {
    Level& level = *expiring_.begin()->second;
    const MessagePtr message = level.message;
    gone(*message);
    forget(level);
    prune(root_, LevelCursor(message->topic()));
  }
  earliest_ = expiring_.empty() ? INT64_MAX : expiring_.begin()->first;
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

}  // namespace trellis::keeping
