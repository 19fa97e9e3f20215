// Reads what keys ask of an event, in one pass.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/cloud_event/event.hpp"
#include "common/cloud_event/keys.hpp"
#include "common/cloud_event/value.hpp"

namespace cloud_event {

/// Longer events are not looked into, whatever a caller allows: positions in JSON are 32 bits wide.
constexpr std::size_t kMostEventBytes = std::size_t{256} << 20U;
constexpr std::size_t kUsualEventBytes = std::size_t{1} << 20U;

/// What the event says for these keys. Null where it is longer than `most` bytes, or where its JSON is broken in a
/// place that had to be read. Memory is the thread's own: it grows to what the longest event needed, of which what is
/// beyond some MiB is given back at once. The answer holds until this thread reads the next event.
const Reading* read(const Event& event, const Keys& keys, std::size_t most = kUsualEventBytes) noexcept;

}  // namespace cloud_event
