// One event loop on one thread: sockets, timers, mail, and what is put off to the end of a turn.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <trellis/runtime/epoch.hpp>
#include <trellis/runtime/hooked_list.hpp>
#include <trellis/runtime/mailbox.hpp>
#include <trellis/runtime/metrics.hpp>
#include <trellis/runtime/timer_wheel.hpp>
#include <utility>

// The opaque handle plugins get is the shard itself.
struct trellis_shard {};

namespace trellis::runtime {

/// Something with a file descriptor that a shard watches.
class Pollable {
 public:
  /// events: EPOLLIN, EPOLLOUT, … [shard]
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~Pollable() = default;
};

/// Work put off to the end of the loop turn, once however often it is asked for. Destroying it forgets the work.
class Deferred : public ListHook<Deferred> {
 public:
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;
  virtual void run_deferred() = 0;
  bool queued() const noexcept { return is_linked(); }
  void unqueue() noexcept { unlink(); }

 protected:
  Deferred() = default;
  ~Deferred() = default;
};

/// First in, first out.
class DeferredList : public HookedList<Deferred, Deferred> {
 public:
  /// The first item, taken out, or null.
  Deferred* pop() noexcept {
    if (empty()) return nullptr;
    Deferred& item = front();
    pop_front();
    return &item;
  }
};

/// Work is done phase by phase: what subscribers still want is pumped, the store is asked to keep what has to be kept,
/// batches for other shards leave, connections flush, and what is over is freed.
enum class Phase : std::uint8_t { pump, keep, handover, flush, cleanup };

/// Owned by the application, which runs it on a thread of its own. Members are for that thread unless said otherwise.
class Shard final : public trellis_shard {
 public:
  Shard(std::uint32_t index, MetricCells& cells, Epochs& epochs);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Turns until stop(). Mail that came before stop() is done first.
  void run();
  /// [any]
  void stop();
  /// The shard whose loop runs on this thread, or null. [any]
  static Shard* current() noexcept;

  std::uint32_t index() const noexcept { return index_; }
  /// Read once per turn.
  std::uint64_t now_ms() const noexcept { return now_ms_; }
  std::int64_t wall_ms() const noexcept { return wall_ms_; }

  /// Watches fd edge-triggered for both directions, or for input level-triggered (listeners). False with errno set.
  bool watch(int fd, Pollable& pollable, bool edge_triggered = true) noexcept;
  void unwatch(int fd) noexcept;

  void arm(Timer& timer, std::uint64_t delay_ms) noexcept { timers_.arm(timer, now_ms_, delay_ms); }

  void defer(Phase phase, Deferred& item) noexcept {
    if (!item.queued()) phases_[static_cast<std::size_t>(phase)].push_back(item);
  }
  /// At the start of the next turn, which then does not wait for readiness first.
  void defer_next_turn(Deferred& item) noexcept {
    if (!item.queued()) next_turn_.push_back(item);
  }

  /// Leaves an item for this shard; takes it over. [any]
  void post(MailItem* item) noexcept;
  /// Runs a function on this shard. [any]
  void post(std::function<void()> function);

  void count(MetricId id, std::int64_t amount) noexcept { cells_.add(id, amount); }
  MetricCells& cells() noexcept { return cells_; }

  /// One buffer for all reads of the turn; what is in it is gone with the next read.
  static constexpr std::size_t kReadBytes = 128 * 1024;
  std::uint8_t* read_buffer() noexcept { return read_buffer_.get(); }

 private:
  void read_clock() noexcept;
  void turn(int timeout_ms);
  void run_phases();
  int wait_ms() noexcept;

  const std::uint32_t index_;
  MetricCells& cells_;
  Epochs& epochs_;
  int epoll_fd_;
  int wake_fd_;
  std::uint64_t now_ms_ = 0;
  std::int64_t wall_ms_ = 0;
  TimerWheel timers_;
  static constexpr std::size_t kPhases = 5;
  DeferredList phases_[kPhases];
  DeferredList next_turn_;
  Mailbox mailbox_;
  bool mail_left_ = false;
  std::unique_ptr<std::uint8_t[]> read_buffer_;
  std::atomic<bool> stopping_{false};
};

}  // namespace trellis::runtime
