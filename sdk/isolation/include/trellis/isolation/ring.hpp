// A ring of frames in memory that two processes share: one writes, one reads, and neither believes the other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trellis::isolation {

/// The shared part; the bytes lie behind it. Both processes are of the same program.
struct RingHead {
  alignas(64) std::atomic<std::uint64_t> written{0};  // bytes ever; told by the writer
  alignas(64) std::atomic<std::uint64_t> read{0};     // bytes ever; told by the reader
  alignas(64) std::atomic<std::uint32_t> sleeps{0};   // the reader wants to be woken
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

struct RingMemory {
  RingHead* head;
  char* bytes;
  std::uint64_t capacity;  // a multiple of 8
};

/// One thread's. It goes by its own count of what it wrote; what the other side says is held against that.
class RingWriter {
 public:
  enum class Outcome : std::uint8_t { written = 1, full, broken };

  explicit RingWriter(const RingMemory& memory) noexcept : memory_(memory) {}
  /// Whole or not at all. full also for what can never fit. broken: the other side's count cannot be true.
  Outcome write(std::uint32_t type, std::string_view body) noexcept;
  /// True once for each time the reader went to sleep: then it has to be woken.
  bool reader_sleeps() noexcept;

 private:
  void put(const void* data, std::size_t size) noexcept;
  RingMemory memory_;
  std::uint64_t written_ = 0;
};

/// One thread's. Frames are copied out before anything of them is judged, so that they cannot change meanwhile.
class RingReader {
 public:
  enum class Outcome : std::uint8_t { frame = 1, empty, broken };

  explicit RingReader(const RingMemory& memory) noexcept : memory_(memory) {}
  Outcome read(std::uint32_t& type, std::string& body);
  /// From now on the writer wakes it, once. False when something came in, and it must not sleep.
  bool try_sleep() noexcept;
  void awake() noexcept { memory_.head->sleeps.store(0, std::memory_order_relaxed); }

 private:
  void get(void* data, std::size_t size) noexcept;
  RingMemory memory_;
  std::uint64_t read_ = 0;
};

}  // namespace trellis::isolation
