#include "route/topic_cache.hpp"

#include <functional>
#include <utility>

namespace trellis::kernel {

// Other bits of the hash than those that choose the set. Topics share places: what is seen seldom is forgotten.
bool TopicCache::seen_lately(std::size_t hash) noexcept {
  const auto mark = static_cast<std::uint16_t>(hash >> 48);
  return std::exchange(seen_[(hash >> 20) % seen_.size()], mark) == mark;
}

MatchedTopic& TopicCache::slot(std::uint32_t name_space, std::string_view topic) {
  if (topic.size() > kLongest) return passing_;
  const std::size_t hash = std::hash<std::string_view>{}(topic) + name_space * 0x9E3779B97F4A7C15u;
  Slot* const set = set_of(hash);
  Slot* free = nullptr;
  for (Slot* way = set; way != set + kWays; ++way) {
    if (way->topic == nullptr) {
      if (free == nullptr) free = way;
    } else if (way->hash == hash && holds(*way->topic, name_space, topic)) {
      return *way->topic;
    }
  }
  if (free == nullptr) {
    if (!seen_lately(hash)) return passing_;
    free = set + turn_++ % kWays;
    if (free->topic->counted > kWorthReuse) {
      bytes_ -= free->topic->counted;
      *free->topic = {};
    }
  } else {
    free->topic = std::make_unique<MatchedTopic>();
  }
  free->hash = hash;
  return *free->topic;
}

void TopicCache::filled(MatchedTopic& slot) noexcept {
  if (&slot == &passing_) return;
  bytes_ -= std::exchange(slot.counted, slot.bytes());
  bytes_ += slot.counted;
  for (std::size_t looked = 0; bytes_ > kMostBytes && looked < kSlots; ++looked) {
    auto& other = slots_[hand_++ % kSlots].topic;
    if (other == nullptr || other.get() == &slot) continue;
    bytes_ -= other->counted;
    other.reset();
  }
}

}  // namespace trellis::kernel
