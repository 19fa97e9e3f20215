// How a journal is set, and what it tells whoever uses it.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "entry_reader.hpp"

namespace journal {

struct Options {
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  std::uint64_t checkpoint_bytes = std::uint64_t{64} << 20;  // written between two, or the size of the last if more
  std::uint64_t waiting_bytes = std::uint64_t{64} << 20;     // accepted and not written
  std::uint64_t sync_bytes = std::uint64_t{8} << 20;         // written and not synced, beyond which it is by itself
  std::chrono::milliseconds sync_interval{1000};             // the same by time
  std::uint64_t free_bytes = 0;                              // of the disk to be left
  unsigned rewrite_below = 40;                               // percent of a segment that live
  std::uint64_t rewrite_bytes = std::uint64_t{32} << 20;     // a second
  unsigned rewrite_share = 50;                               // percent of what is written
  std::chrono::milliseconds reclaim_interval{5000};          // least time between checkpoints that only free segments
  std::chrono::milliseconds retry_least{100};
  std::chrono::milliseconds retry_most{5000};
};

enum class Level : std::uint8_t { written, synced };
enum class State : std::uint32_t { good, full, failing };
enum class Severity { info, warn, error };

/// Added up since the last report.
struct Counts {
  std::uint64_t bytes = 0;
  std::uint64_t chunks = 0;
  std::uint64_t syncs = 0;
  std::uint64_t sync_us = 0;
  std::uint64_t rewritten_bytes = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t failures = 0;
};

struct Figures {
  State state = State::good;
  std::uint64_t queues = 0;
  std::uint64_t entries = 0;
  std::uint64_t records = 0;
  std::uint64_t segments = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t free_bytes = UINT64_MAX;
  std::uint64_t waiting_bytes = 0;
};

/// Who asked. Called on the engine's threads; must not call back into it.
class Listener {
 public:
  virtual ~Listener() = default;
  /// In the order of the calls of that shard.
  virtual void stored(std::uint32_t shard, std::uint64_t token, bool good) = 0;
  virtual void entries(std::uint32_t shard, std::uint64_t token, bool good, std::span<const ReadEntry> entries) = 0;
  virtual void log(Severity severity, const std::string& sentence) = 0;
  virtual void counted(const Counts& counts, const Figures& now) = 0;
};

}  // namespace journal
