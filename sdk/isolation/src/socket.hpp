// Frames over a pair of sockets, with descriptors beside them.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "frames.hpp"

namespace trellis::isolation {

/// Owns a descriptor.
class Owned {
 public:
  explicit Owned(int number = -1) noexcept : number_(number) {}
  Owned(Owned&& other) noexcept : number_(other.release()) {}
  Owned& operator=(Owned&& other) noexcept;
  ~Owned();
  int number() const noexcept { return number_; }
  bool open() const noexcept { return number_ >= 0; }
  int release() noexcept;

 private:
  int number_;
};

/// One thread reads; any may write.
class Socket {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Outcome : std::uint8_t { frame = 1, nothing, ended };

  /// Whether descriptors that come with frames are taken. Those of somebody who may mean harm are not: they would count
  /// as this process's own.
  enum class Descriptors : bool { refused, taken };
  /// patience: how long a frame that has to arrive waits for the other side to read. Then it counts as gone.
  Socket(Owned descriptor, Descriptors descriptors,
         std::chrono::milliseconds patience = std::chrono::milliseconds(5000)) noexcept
      : descriptor_(std::move(descriptor)), taken_(descriptors), patience_(patience) {}
  int number() const noexcept { return descriptor_.number(); }

  /// False when the other side is gone, or does not read.
  bool write(Frame type, std::string_view body, const std::vector<int>& descriptors = {});
  /// The same of what may be lost: false, and nothing is written, where it would have to wait.
  bool try_write(Frame type, std::string_view body);
  /// The next frame; waits until then.
  Outcome read(Frame& type, std::string& body, Clock::time_point until);
  /// Those that came with frames, in order; they are the caller's.
  std::vector<Owned> take_descriptors();

 private:
  bool write_locked(std::string_view bytes, const std::vector<int>& descriptors, bool may_wait);
  bool take(Frame& type, std::string& body);
  bool receive();

  Owned descriptor_;
  const Descriptors taken_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;  // of writers
  std::string in_;
  bool broken_ = false;
  std::vector<Owned> descriptors_;
};

}  // namespace trellis::isolation
