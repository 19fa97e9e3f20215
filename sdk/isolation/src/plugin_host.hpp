// The process of one plugin: a kernel in miniature around it, which asks the broker for everything else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <trellis/hosting/instance.hpp>
#include <trellis/isolation/wire.hpp>
#include <trellis/runtime/epoch.hpp>
#include <vector>

#include "channel.hpp"
#include "socket.hpp"

namespace trellis::isolation {

class HostShard;

/// One of a process. Made, run and destroyed on the control thread, which is the one that hears the socket.
class PluginHost {
 public:
  PluginHost();
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;
  static PluginHost& here() noexcept;

  /// Until the broker says so, or is gone.
  void run();

  hosting::Instance& instance() const noexcept { return *instance_; }
  std::uint32_t kind() const noexcept { return instance_->kind(); }
  template <typename Table>
  const Table& kind_table() const noexcept {
    return *static_cast<const Table*>(kind_table_);
  }

  /// What it opened or compiled; null where there is no such thing. held: it is not released meanwhile.
  void* object(std::uint64_t id, std::shared_lock<std::shared_mutex>& held);
  trellis_status open(std::uint64_t id, std::string_view text, hosting::PluginError& error);
  void close(std::uint64_t id);

  /// For the broker's half of a shard. Of another thread it goes by the socket. [any]
  void tell_shard(std::uint32_t index, Frame type, std::string_view body);
  /// [any]
  void tell(Frame type, std::string_view body) { socket_.write(type, body); }
  bool logs(std::uint32_t level) const noexcept { return level >= level_; }
  /// Lines are lost where the broker does not follow. [any]
  void log(std::uint32_t level, trellis_view text, const trellis_pair* fields, std::uint32_t count);
  trellis_metric declare(std::uint32_t type, trellis_view name, trellis_view labels, trellis_view help);

 private:
  using PluginError = hosting::PluginError;
  bool handle(Frame type, std::string_view body);
  trellis_status create(Decoder& body, PluginError& error);
  trellis_status configure(Decoder& body, PluginError& error);
  trellis_status start(PluginError& error);
  bool open_shards(std::string& error);
  void stop();
  void reply(std::uint64_t question, Frame to, trellis_status status, const PluginError& error);
  void tell_amounts();

  Socket socket_;
  runtime::Metrics metrics_;
  runtime::Health health_;
  runtime::Epochs epochs_;
  hosting::HostServices services_;
  std::uint32_t level_ = 0;
  std::unique_ptr<Channels> channels_;
  std::vector<std::unique_ptr<HostShard>> shards_;
  std::shared_ptr<hosting::Instance> instance_;
  const void* kind_table_ = nullptr;

  std::shared_mutex objects_mutex_;
  std::map<std::uint64_t, void*> objects_;

  struct Told {
    trellis_metric id;
    std::int64_t amount;
  };
  std::mutex metrics_mutex_;  // guards told_
  std::vector<Told> told_;
};

/// The tables it offers its plugin in place of the kernel's, beside those that know no message.
void add_host_tables(hosting::HostServices& services);
/// Whether there is a table of that id in such a process.
bool offers(std::string_view id);

}  // namespace trellis::isolation
