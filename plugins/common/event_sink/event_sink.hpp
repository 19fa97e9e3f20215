// Lent by service-events to plugins that have events for its topics: as if they had been published there.
#pragma once

#include <trellis/abi/base.h>

#include <cstdint>
#include <string_view>
#include <trellis/tables.hpp>

namespace common {

// What became of one event. 0 is nothing that was written.
enum : std::uint32_t {
  kSinkKept = 1,     // as surely as the topic keeps what is published
  kSinkNoTopic = 2,  // there is no such namespace or topic
  kSinkFull = 3,     // a subscription of the topic holds as many events as it may, or the store takes nothing now
  kSinkFailed = 4,   // the store failed
  kSinkLooped = 5,   // it came by as many topics as it may
  kSinkInvalid = 6,  // it is no event
  kSinkStopped = 7   // the broker stops
};

// Borrowed for the call.
struct EventSinkRequest {
  std::uint32_t struct_size;
  std::uint32_t hops;  // the most topics that an event may have come by, as its attribute forwardhops counts them
  trellis_view name_space;
  trellis_view topic;
  const trellis_view *events;  // each one CloudEvent in JSON, as the broker keeps it
  std::uint32_t count;         // at least 1
  // Called once, from any thread, perhaps before take() returns: an outcome for each event, in order; none at all where
  // there was no memory. Those that can be
  // kept are kept together or not at all.
  void (*done)(void *user, const std::uint32_t *outcomes, std::uint32_t count);
  void *user;
};

struct EventSink {
  std::uint32_t struct_size;
  // [shard, running]
  void (*take)(void *shard, const EventSinkRequest *request);
};

}  // namespace common

template <>
inline constexpr std::string_view trellis::kTableId<common::EventSink> = "trellis.event-sink/1";
