// Subscribers of the kernel in miniature: queues with leases for protocols under test. Not installed.
#pragma once

#include <trellis/abi/subscriber.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <trellis/testing/facts.hpp>
#include <utility>
#include <vector>

namespace trellis::testing {

class World;
class Instance;
struct FakeConnection;
struct FakeMessage;

struct FakeSubscription {
  std::uint32_t flags;
  std::uint32_t qos;
  std::uint32_t identifier;
};

struct QueuedMessage {
  Sample sample;
  std::uint32_t qos;
  std::uint32_t flags;
  std::vector<std::uint32_t> identifiers;
  std::int64_t expires_at_ms;  // 0 is never
  std::uint64_t lease = 0;     // 0: waiting
  std::uint64_t tag = 0;
  bool delivered = false;  // to the connection attached now
  bool leased_before = false;
  bool received = false;
  std::shared_ptr<FakeMessage> lent = {};  // of one that is pulled: as long as it is there
};

struct FakeSubscriber {
  World* world;
  Instance* instance;
  const trellis_receiver* receiver;
  void* user;
  std::uint32_t shard;
  std::uint32_t name_space;
  std::uint32_t window;
  std::uint32_t options_window;
  trellis_queue_limits limits;
  std::string name;
  std::string memo;
  FakeConnection* attached = nullptr;
  std::uint64_t expires_at_ms = 0;  // on the monotonic clock, while detached; 0 is never
  std::map<std::pair<std::string, std::string>, FakeSubscription> subscriptions;  // by filter and group
  std::deque<QueuedMessage> queue;
  bool pulled() const { return receiver->on_ready != nullptr; }
  bool pulling = false;  // attached, where it is pulled
  bool wants = false;    // lease() answered less than it was asked for
};

class Subscribers {
 public:
  explicit Subscribers(World& world) : world_(world) {}

  trellis_status open(FakeSubscriber made, bool fresh, FakeSubscriber*& out);
  void close(FakeSubscriber& subscriber);
  void end(FakeSubscriber& subscriber, std::uint32_t reason);
  void end_all(const Instance& instance);
  trellis_status subscribe(FakeSubscriber& subscriber, const trellis_subscription& subscription);
  trellis_status settle(FakeSubscriber& subscriber, std::uint64_t lease, std::uint32_t outcome);
  void attach(FakeSubscriber& subscriber, FakeConnection& connection, std::uint32_t window);
  void detach(FakeSubscriber& subscriber, std::uint64_t expiry_ms);
  static QueuedMessage* leased(FakeSubscriber& subscriber, std::uint64_t lease);

  /// Puts a message into every matching queue; how many took it.
  std::size_t route(std::uint32_t name_space, const Sample& sample, const FakeConnection* from);
  /// Puts a message into one queue, whatever its subscriptions say.
  void enqueue(FakeSubscriber& subscriber, QueuedMessage message);
  // What plugins fill and empty by themselves.
  std::uint32_t lease(FakeSubscriber& subscriber, trellis_delivery* deliveries, std::uint32_t count);
  static std::uint32_t peek(FakeSubscriber& subscriber, trellis_delivery* deliveries, std::uint32_t count);

  /// Delivers what waits; whether there was anything.
  bool flush();
  void expire();

  FakeSubscriber* find(std::uint32_t name_space, std::string_view name);
  std::vector<Settled> settled;
  std::vector<std::unique_ptr<FakeSubscriber>> all;
  std::map<std::pair<std::uint32_t, std::string>, Sample> retained;

 private:
  bool flush_one(FakeSubscriber& subscriber);
  bool tell_ready(FakeSubscriber& subscriber);
  void remove(FakeSubscriber& subscriber);
  bool offer(FakeSubscriber& subscriber, const Sample& sample, const FakeConnection* from, bool shared_taken);

  World& world_;
  std::uint64_t next_lease_ = 1;
  std::size_t next_member_ = 0;
};

}  // namespace trellis::testing
