/// From one shard to another.
#pragma once

#include <atomic>
#include <utility>

#include "events_service.hpp"

namespace events_service {

template <class Function>
void TopicsHere::at_home(const TopicView& topic, Function function) {
  const std::uint32_t home = topic.home->shard.load(std::memory_order_relaxed);
  if (home == shard_.index()) return function(*this);
  shard_.host().post(home, [&plugin = plugin_, home, function = std::move(function)]() mutable {
    if (TopicsHere* const there = plugin.on_shard(home)) function(*there);
  });
}

/// Calls function(TopicsHere&) on that shard: at once where `here` is of it.
template <class Function>
void on_shard_of(TopicsHere& here, std::uint32_t shard, Function function) {
  if (here.shard().index() == shard) return function(here);
  here.shard().host().post(shard, [&plugin = here.plugin(), shard, function = std::move(function)]() mutable {
    if (TopicsHere* const there = plugin.on_shard(shard)) function(*there);
  });
}

}  // namespace events_service
