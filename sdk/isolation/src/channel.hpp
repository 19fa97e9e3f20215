// The rings of all shards in one piece of memory, and the descriptors that wake their readers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/isolation/ring.hpp>
#include <vector>

#include "frames.hpp"
#include "socket.hpp"

namespace trellis::isolation {

/// One side of one shard's pair of rings. Used by one thread.
class Channel {
 public:
  using Read = RingReader::Outcome;
  Channel(const RingMemory& out, const RingMemory& in, int wakes_other, int wakes_me) noexcept
      : out_(out), in_(in), wakes_other_(wakes_other), wakes_me_(wakes_me) {}

  RingWriter::Outcome write(Frame type, std::string_view body) noexcept;
  Read read(Frame& type, std::string& body);
  /// What is watched for EPOLLIN while it sleeps.
  int wakes_me() const noexcept { return wakes_me_; }
  bool try_sleep() noexcept { return in_.try_sleep(); }
  void awake() noexcept { in_.awake(); }
  /// Sleeps until it is woken, or that much time is over.
  void wait(std::chrono::nanoseconds time) noexcept;

 private:
  RingWriter out_;
  RingReader in_;
  int wakes_other_;
  int wakes_me_;
};

/// Of all shards. The broker makes it, the plugin's process gets its descriptors.
class Channels {
 public:
  static constexpr std::uint64_t kRingBytes = 4 * 1024 * 1024;  // taken from the system as far as it was once used
  /// As much as fits a frame: so that a second one has room beside it.
  static constexpr std::size_t kMostFrame = kRingBytes / 2;

  /// Null where the system has no room for it.
  static std::unique_ptr<Channels> make(std::uint32_t shards);
  /// Of what descriptors() answered in the other process; null where they are something else.
  static std::unique_ptr<Channels> adopt(std::vector<Owned> descriptors);
  ~Channels();
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  std::vector<int> descriptors() const;
  Channel& shard(std::uint32_t index) noexcept { return *channels_[index]; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(channels_.size()); }
  /// Wakes whoever waits in one of them, on this side. [any]
  void wake_all() const noexcept;

 private:
  Channels(Owned memory, std::vector<Owned> events) noexcept : memory_(std::move(memory)), events_(std::move(events)) {}
  bool map(bool fresh);

  Owned memory_;
  std::vector<Owned> events_;  // for each shard: wakes the plugin, wakes the broker
  char* mapped_ = nullptr;
  std::size_t bytes_ = 0;
  bool of_broker_ = false;
  std::vector<std::unique_ptr<Channel>> channels_;
};

}  // namespace trellis::isolation
