// One subscription's file, and when it makes room for the next.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

namespace files {

struct Settings {
  std::string path;
  std::size_t waiting = 0;        // events that wait to be written
  std::size_t waiting_bytes = 0;  // of them
};

trellis::Schema schema();
Settings read_settings(const trellis::Config& config);

struct Target {
  std::string folder;  // below the plugin's; empty: that itself
  std::string file;
  std::uint64_t most_bytes = 0;
  std::chrono::milliseconds most_age{0};  // 0: as old as it gets
  std::uint32_t kept = 0;                 // files that were full; 0: all
  bool compressed = false;                // those
  bool checked_before = false;            // the service that has events delivered read every one of them
  std::atomic<bool> released{false};

  /// "shop/orders.jsonl", for people, and where there can be one only.
  std::string name() const { return folder.empty() ? file : folder + '/' + file; }
};

/// What a destination's block may hold.
trellis::Schema target_schema();

/// Reads one; a sentence where it cannot work.
trellis::Result<std::shared_ptr<Target>> read_target(const trellis::Config& block);

}  // namespace files
