#include "route/topic_cache.hpp"

#include <utility>

namespace trellis::kernel {

TopicCache::TopicCache() : slots_(new MatchedTopic[kFirst]), size_(kFirst) {}

MatchedTopic& TopicCache::slot(std::uint32_t name_space, std::string_view topic) noexcept {
  const std::size_t hash = std::hash<std::string_view>{}(topic) + name_space * 0x9E3779B97F4A7C15u;
  MatchedTopic* const set = &slots_[(hash & (size_ - 1)) & ~(kWays - 1)];
  MatchedTopic* free = nullptr;
  for (std::size_t i = 0; i < kWays; ++i) {
    if (set[i].name_space == UINT32_MAX) {
      if (free == nullptr) free = &set[i];
    } else if (set[i].hash == hash && holds(set[i], name_space, topic)) {
      return set[i];
    }
  }
  if (free == nullptr) {
    if (++evicted_ > size_ && size_ < kMost) {
      grow();
      return slot(name_space, topic);
    }
    free = &set[turn_++ % kWays];
    free->name_space = UINT32_MAX;
  }
  free->hash = hash;
  return *free;
}

void TopicCache::grow() {
  const std::size_t old_size = size_;
  std::unique_ptr<MatchedTopic[]> old = std::move(slots_);
  size_ *= 4;
  evicted_ = 0;
  slots_.reset(new MatchedTopic[size_]);
  for (std::size_t i = 0; i < old_size; ++i) {
    if (old[i].name_space == UINT32_MAX) continue;
    MatchedTopic* const set = &slots_[(old[i].hash & (size_ - 1)) & ~(kWays - 1)];
    for (std::size_t way = 0; way < kWays; ++way) {
      if (set[way].name_space != UINT32_MAX) continue;
      set[way] = std::move(old[i]);
      break;
    }
  }
}

void TopicCache::clear() noexcept {
  for (std::size_t i = 0; i < size_; ++i) slots_[i].name_space = UINT32_MAX;
}

}  // namespace trellis::kernel
