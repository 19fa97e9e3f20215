// A plugin in a process of its own, as an instance in the broker: life cycle and supervision.
#pragma once

#include <trellis/abi/host.h>
#include <trellis/abi/plugin.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <trellis/hosting/instance.hpp>
#include <trellis/isolation/wire.hpp>
#include <vector>

#include "process.hpp"
#include "remote_tables.hpp"

namespace trellis::isolation {

using hosting::Instance;
using runtime::MetricId;

class Remote;
class RemoteShard;

/// A filter that was compiled, or a destination that was opened: its text, so that it can be made again.
struct Object {
  Remote* owner;
  std::uint64_t id;
  std::string text;
  std::uint64_t made_in = 0;  // number of the process that has it, guarded by the owner's mutex
};

/// Created on the control thread. From start() to stop() a thread of its own listens to the process, and makes another
/// one when it ended; shards learn of both by their mail.
class Remote {
 public:
  Remote(trellis_host* host, const trellis_host_table* table);
  ~Remote();

  // As the contract's, on the control thread.
  bool create(trellis_error* error);
  bool configure(std::string_view config, trellis_error* error);
  bool start(trellis_error* error);
  void drain(std::uint64_t deadline_ms);
  void stop();
  const void* table(std::string_view id) const;
  RemoteShard* open_shard(std::uint32_t index) const { return shards_[index].get(); }

  /// [control or shard]
  Object* open(std::string_view text, trellis_error* error);
  void release(Object* object);

  Instance& instance() const noexcept { return instance_; }
  trellis_host* host() const noexcept { return host_; }
  /// The host's table of that id.
  template <typename Table>
  const Table* host_table(const char* id) const {
    return static_cast<const Table*>(host_table_->get_table(host_, {id, std::char_traits<char>::length(id)}));
  }
  const hosting::Isolation& isolation() const noexcept { return instance_.isolation(); }
  std::uint32_t kind() const noexcept { return instance_.kind(); }

  struct Counters {
    MetricId up = 0, restarts = 0, timeouts = 0, fallbacks = 0;
  };
  const Counters& counters() const noexcept { return counters_; }

 private:
  using Clock = Socket::Clock;
  enum class Asked : std::uint8_t { done = 1, refused, nobody };
  struct Task {
    Frame type;
    std::string body;
    Asked asked = Asked::nobody;
    bool over = false;
    std::string error;
  };
  struct Metric {
    trellis_metric id = 0;
    bool gauge = false;
    std::int64_t sum = 0;
  };

  // A process with the plugin as far as it is known: created, configured, started.
  std::shared_ptr<Process> launch(std::string& error);
  std::string creation() const;
  std::string configuration() const;
  bool begin(Process& process, std::string& error);
  Asked ask(Process& process, Frame type, std::string_view body, std::string& error,
            const std::vector<int>& descriptors = {});
  Asked ask_supervisor(Frame type, std::string_view body, std::string& error);
  Asked ask_to_open(const Object& object, std::string& error);
  RemoteShard* shard_here() const noexcept;

  void supervise();
  void look_after(Process& process);
  bool listen(Process& process);
  void run_tasks(Process* process);
  bool make_objects(Process& process, bool announce);
  void up();
  void down();
  void try_again();
  void end_process();
  void on_each_shard(void (RemoteShard::*function)(std::shared_ptr<Process>), const std::shared_ptr<Process>& process);
  void wait(int socket, int end, Clock::time_point until);
  void wake() const noexcept;

  void told(Frame type, std::string_view body);
  void told_log(Decoder& body) const;
  void told_metric(Decoder& body);
  void told_amounts(Decoder& body);
  void told_names(Frame type, Decoder& body) const;
  void told_for_shard(std::string_view bytes);
  void take_back_gauges();
  void declare_counters();

  trellis_host* const host_;
  const trellis_host_table* const host_table_;
  Instance& instance_;
  Owned library_;
  bool configured_ = false;
  bool started_ = false;  // written before there are others to read it
  RemoteTables tables_;
  Counters counters_;
  std::vector<std::shared_ptr<RemoteShard>> shards_;

  // Of the control thread until start() is over, then of the supervising one.
  std::shared_ptr<Process> process_;
  std::map<std::uint32_t, Metric> metrics_;  // of the process, by its own numbers
  std::chrono::milliseconds pause_{0};
  Clock::time_point since_;
  Clock::time_point next_try_;
  bool over_ = false;  // drained: no other process follows

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<std::uint64_t, std::unique_ptr<Object>> objects_;
  std::uint64_t last_object_ = 0;
  std::uint64_t launched_ = 0;         // processes, so far
  std::uint64_t running_ = 0;          // number of the one that answers; 0: none
  std::shared_ptr<Process> starting_;  // of the supervising thread, while it waits for it
  std::vector<std::shared_ptr<Task>> tasks_;
  std::optional<Clock::time_point> ends_at_;  // it is drained until then
  bool stopping_ = false;
  bool objects_missing_ = false;

  Owned wake_;
  std::thread supervisor_;
};

}  // namespace trellis::isolation
