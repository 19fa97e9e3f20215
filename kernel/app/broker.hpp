// The running broker: shards, plugin instances, listeners; started, reloaded, drained.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <trellis/configuration/loader.hpp>
#include <trellis/resources/kept.hpp>
#include <trellis/runtime/health.hpp>
#include <trellis/runtime/listening_sockets.hpp>
#include <vector>

#include "app/shard_context.hpp"
#include "names.hpp"

namespace trellis::kernel {

class KeptSubscribers;

/// What a listener came to be bound to.
struct BoundListener {
  std::string name;
  std::string address;
};

/// The time of the wall clock.
std::int64_t unix_ms();

/// Made, run and destroyed on the control thread.
class Broker {
 public:
  Broker();
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// For loading configurations; the instances in them must not outlive the broker.
  const HostServices& services() const noexcept { return services_; }

  /// Starts shards, plugins and listeners. False with error set; what was started is stopped again.
  bool start(Loaded loaded, std::string& error);
  std::vector<BoundListener> listening() const;
  /// Until SIGTERM or SIGINT, and a drain that a second one ends; SIGHUP calls reload, which answers with a new
  /// configuration or nothing.
  void run(std::function<std::optional<Loaded>(const Instances& running)> reload);

 private:
  struct RunningListener {
    ListenerSettings settings;
    std::string bound;
    std::uint16_t port = 0;
    std::shared_ptr<ListenerState> state;
  };
  using NewSockets = std::map<std::string, ListeningSockets>;  // by listener

  void start_shards(std::uint32_t count);
  std::string declare_resources(const Instances& instances);
  bool prepare_resources(const Loaded& next, std::string& error);
  std::string apply_resources(const resources::Files& files);
  bool start_instances(const Instances& instances, const Instances& already, std::string& error);
  Instances stores() const;
  void tell_of_lenders() const;
  bool start_store(std::string& error);
  bool restore(std::string& error);
  void restore_subscribers();
  bool take_what_was_on_its_way(std::uint64_t queue, std::uint32_t home, std::uint64_t& after);
  void keep_resources(std::function<void()> told);
  bool can_keep() const;
  void apply_limits();
  void apply_policies();
  void apply_outbound();
  std::optional<ListeningSockets> bind_sockets(const ListenerSettings& settings,
                                               const std::vector<std::uint16_t>& leaving, std::string& error) const;
  std::shared_ptr<RunningListener> serve(const ListenerSettings& settings, ListeningSockets sockets);
  void close_listener(RunningListener& listener, std::uint8_t reason);
  void replace_endpoints(RunningListener& listener, const ListenerSettings& settings);
  bool apply(Loaded next, std::string& error);
  std::optional<NewSockets> bind_new_listeners(const Settings& next, std::string& error) const;
  void apply_listeners(NewSockets sockets, const Instances& old, bool same_hosts);
  void give_up(const Instances& made);
  void retire(const Instances& instances, const Instances& but);
  void stop_instances();
  void drain();
  std::size_t drain_endpoints(bool with_services, std::chrono::steady_clock::time_point deadline);
  void stop_shards();
  bool changed(const std::string& name, const Instances& old) const;
  bool uses_changed(const ListenerSettings& listener, const Instances& old) const;
  void on_each_shard(const std::function<void(ShardContext&)>& function);
  void wait_for_signal();
  bool reload();
  void isolate(const std::string& name);
  void wait_for_signal_again();
  void keep_watchdog_quiet();

  boost::asio::io_context control_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer watchdog_;
  Metrics metrics_;
  Health health_;
  Domains domains_;
  resources::Registry resources_;
  resources::KeptChanges changed_resources_;           // that a store has to hear of
  std::map<std::string, Durability> told_durability_;  // of namespaces, as the shards have it
  resources::Restoring restoring_;                     // those that name what files bring
  std::unique_ptr<KeptRecords> kept_resources_;        // of the first shard; null without a store
  std::unique_ptr<KeptSubscribers> kept_subscribers_;  // that a start has not given back yet
  Epochs epochs_;
  KernelMetrics ids_;
  MemoryWatch memory_;
  std::shared_ptr<Places> connections_ = std::make_shared<Places>();
  std::shared_ptr<ListenerState> outbound_ = std::make_shared<ListenerState>();
  std::unique_ptr<runtime::Resolver> resolver_ = std::make_unique<runtime::Resolver>();
  HostServices services_;
  Routers routers_;
  Settings settings_;
  Instances instances_;
  std::vector<std::shared_ptr<Instance>> retired_;  // may still own connections or sessions
  std::vector<std::unique_ptr<ShardContext>> shards_;
  std::vector<std::thread> threads_;
  std::vector<std::shared_ptr<RunningListener>> listeners_;
  std::function<std::optional<Loaded>(const Instances&)> reload_;
  bool told_again_ = false;  // to stop, while draining
};

}  // namespace trellis::kernel
