// One client of one cluster, with the events it has under way.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/host.hpp>

#include "metrics.hpp"
#include "record.hpp"
#include "settings.hpp"
#include "verdicts.hpp"

struct sockaddr;

namespace kafka {

/// Shards offer records; everything else, the library's calls among them, happens on the plugin's thread, so that
/// nothing a cluster does can hold up a shard. The library's own threads come in by connect_cb and log_cb alone.
class Client {
 public:
  using Clock = std::chrono::steady_clock;

  /// wake_fd: an eventfd that is written whenever there is work.
  Client(const trellis::Host& host, const Settings& settings, const Metrics& metrics,
         std::shared_ptr<const Target> first, int wake_fd);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Takes as many as there is room for, from the front; what stays comes to that verdict. [any]
  std::optional<common::Verdict> offer(Records& records);
  /// No more is offered; what is under way has until then. [any]
  void retire(Clock::time_point until) noexcept;

  // [the plugin's thread]

  void work(Clock::time_point now);
  /// Everything is settled and the library's threads are gone.
  bool over() const noexcept { return over_; }
  /// Whether it has to be asked again soon, though nothing wakes.
  bool waits() const noexcept { return retired_.load() && !over_; }

 private:
  struct Destroy {
    void operator()(rd_kafka_t* client) const noexcept { rd_kafka_destroy(client); }
  };

  bool open(Clock::time_point now);
  void take_offered(Clock::time_point now);
  void produce(Records::iterator record);
  void serve();
  bool may_end(Clock::time_point now);
  void end(Clock::duration patience);
  void finish(Records::iterator record, const common::Verdict& verdict);

  void set_callbacks(rd_kafka_conf_t* conf);
  void on_error(rd_kafka_resp_err_t error, std::string_view text);
  void on_report(const rd_kafka_message_t& report);
  int on_connect(int socket, const sockaddr* address, int size);

  const trellis::Host host_;
  const Settings& settings_;
  const Metrics& metrics_;
  const std::shared_ptr<const Target> first_;  // its client settings are those of all
  const int wake_fd_;

  std::mutex mutex_;
  Records offered_;         // guarded by mutex_
  std::size_t events_ = 0;  // offered and under way; guarded by mutex_
  std::size_t bytes_ = 0;   // guarded by mutex_
  std::string refused_;     // the address where nobody may connect; guarded by mutex_
  std::atomic<bool> retired_{false};
  Clock::time_point until_{};  // guarded by mutex_

  std::unique_ptr<rd_kafka_t, Destroy> library_;
  Records under_way_;
  Trouble trouble_;
  Clock::time_point open_again_{};
  bool fatal_ = false;
  bool unauthorized_ = false;
  bool over_ = false;
};

}  // namespace kafka
