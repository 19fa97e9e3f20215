/// How many bytes of files lie below a folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace events_service {

/// Counts by itself what is added, and looks again where that would be too much: somebody else may have removed files.
/// Of one thread.
class FolderSize {
 public:
  explicit FolderSize(std::uint64_t most) noexcept : most_(most) {}
  /// Whether so many more may come. Looks through the folder at first, and where there is no room once a minute.
  bool has_room(const std::string& root, std::uint64_t bytes);
  void add(std::uint64_t bytes) noexcept { bytes_ += bytes; }
  void remove(std::uint64_t bytes) noexcept { bytes_ -= bytes < bytes_ ? bytes : bytes_; }
  std::uint64_t most() const noexcept { return most_; }

 private:
  using Clock = std::chrono::steady_clock;

  const std::uint64_t most_;
  std::uint64_t bytes_ = 0;
  std::optional<Clock::time_point> looked_;
};

}  // namespace events_service
