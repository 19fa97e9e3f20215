// One subscription's queue: where it is, who asks, how messages lie in it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/azure_storage/account.hpp"
#include "settings.hpp"

namespace storage_queue {

/// Read once, then shared by whatever is under way, and longer than the destination where that is.
struct Target {
  azure_storage::Account account;
  std::string queue;
  std::string time_to_live;  // of a message, seconds; "-1": for ever
  std::string visibility;    // seconds until it can be received; empty: at once
  bool base64 = true;
  std::chrono::milliseconds timeout{0};
  std::string name;  // "queue orders at https://shop.queue.core.windows.net", for people
  std::atomic<bool> released{false};

  /// What a message has for that event.
  std::string text(std::string_view event) const;
};

/// The longest text of a message that a queue takes.
inline constexpr std::size_t kMostTextBytes = std::size_t{64} << 10U;

/// What a destination's block may hold.
trellis::Schema target_schema();

/// Reads one; a sentence where it cannot work.
trellis::Result<std::shared_ptr<Target>> read_target(const trellis::Config& block, const Settings& settings);

}  // namespace storage_queue
