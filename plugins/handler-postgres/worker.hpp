// The thread of one destination: rows wait for it, and are written together.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <trellis/handler.hpp>
#include <utility>
#include <vector>

#include "address_probe.hpp"
#include "common/peer_link/link_metrics.hpp"
#include "session.hpp"
#include "target.hpp"
#include "waker.hpp"

namespace postgres {

/// Which shard asks the kernel for addresses: the one that had something to deliver last.
struct ProbePlace {
  std::uint32_t shard = 0;
  std::weak_ptr<const AddressProbe> probe;
};

/// add() and check() are for shards, stop() for any thread; neither waits. Whatever was given is settled by the thread,
/// at last by its end. Destroyed where it may wait for that.
class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(std::shared_ptr<const Target> target, trellis::Host host, const peer_link::LinkMetrics& metrics);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void add(ProbePlace place, Row row, trellis::Settlement settlement);
  void check(ProbePlace place, trellis::Settlement consent);
  void stop() noexcept;
  bool stopped() const noexcept { return stopping_.load(); }
  /// Waits for the thread, after stop().
  void join();
  /// Whether the thread has ended, or never began: destruction takes no time.
  bool ended() const noexcept { return ended_.load(); }

 private:
  using Time = Waker::Clock::time_point;
  struct Waiting {
    Row row;
    trellis::Settlement settlement;
    Time until;
  };

  bool begin(ProbePlace place);

  // Of the thread.
  void run() noexcept;
  bool step();
  bool connect();
  void consent();
  std::string probe(common::Verdict& why, Time until);
  void disconnected(const common::Verdict& verdict);
  void rest(Time until);
  void write();
  std::vector<Waiting> take();
  std::vector<Waiting> take_late();
  void settle(std::vector<Waiting> all, const common::Verdict& verdict);
  void settle_one(trellis::Settlement& settlement, const common::Verdict& verdict) const;
  void end() noexcept;

  const std::shared_ptr<const Target> target_;
  const trellis::Host host_;
  const peer_link::LinkMetrics& metrics_;
  Waker waker_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ended_{true};
  std::thread thread_;

  std::mutex mutex_;  // of all down to probed_
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::vector<trellis::Settlement> checks_;
  ProbePlace place_;
  std::optional<Probed> probed_;
  std::uint64_t probe_number_ = 0;

  // Of the thread.
  Session session_;
  bool counted_ = false;  // as a connection
  std::optional<common::Verdict> last_failure_;
  std::chrono::milliseconds backoff_;
  Time next_attempt_ = Time::min();
  std::minstd_rand jitter_;
};

}  // namespace postgres
