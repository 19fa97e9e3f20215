// Routers on running shards, with subscribers that write down what they get.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "queue/subscriber_bench.hpp"
#include "route/index_bench.hpp"
#include "route/router.hpp"

namespace trellis::kernel::testing {

/// A subscriber and what it received; settles at once unless told not to.
struct Client {
  std::uint32_t shard = 0;
  Subscriber* subscriber = nullptr;
  bool settles = true;
  std::vector<Received> received;
  std::vector<std::uint32_t> ended;

  static const trellis_receiver& receiver() {
    static const trellis_receiver table{sizeof table, &on_deliver, nullptr, &on_ended, nullptr};
    return table;
  }

 private:
  static void on_deliver(void*, void* user, const trellis_delivery* deliveries, std::uint32_t count) {
    auto& self = *static_cast<Client*>(user);
    for (std::uint32_t i = 0; i < count; ++i) {
      const trellis_delivery& one = deliveries[i];
      const std::string payload(one.message == nullptr ? "" : text_of(one.message->payload));
      self.received.push_back({payload, one.lease, one.flags, one.tag, one.qos,
                               std::vector<std::uint32_t>(one.identifiers, one.identifiers + one.identifier_count)});
      for (std::uint32_t k = 0; one.message != nullptr && k < one.message->user_property_count; ++k) {
        const trellis_pair& property = one.message->user_properties[k];
        self.received.back().properties.emplace_back(text_of(property.name), text_of(property.value));
      }
    }
    for (std::uint32_t i = 0; self.settles && i < count; ++i) {
      if (deliveries[i].lease != 0) self.subscriber->settle(deliveries[i].lease, TRELLIS_SETTLE_ACCEPT);
    }
  }
  static void on_ended(void*, void* user, std::uint32_t reason) {
    auto& self = *static_cast<Client*>(user);
    self.ended.push_back(reason);
    self.subscriber = nullptr;
  }
};

/// The broker itself as a publisher.
inline Publisher broker() {
  Publisher made;
  made.broker = true;
  return made;
}

class RouterBench {
 public:
  explicit RouterBench(std::uint32_t count = 1) : shards(count) {
    all.namespaces.push_back(std::make_unique<Namespace>("n", 0, shards.epochs, shards.metrics));
    all.by_shard.resize(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      keepers.push_back(std::make_unique<Keeper>(*shards[i], keeper_metrics));
      routers.push_back(std::make_unique<Router>(*shards[i], shards.epochs, all, *keepers[i]));
      all.by_shard[i] = routers.back().get();
    }
  }
  ~RouterBench() { shards.stop(); }

  Namespace& space() { return *all.namespaces[0]; }
  /// Opens a subscriber on a shard, attached to a way out without limits.
  Client& open(std::string_view name, std::uint32_t shard = 0,
               const trellis_queue_limits& queue_limits = limits(1000)) {
    clients.push_back(std::make_unique<Client>());
    Client& made = *clients.back();
    made.shard = shard;
    shards[shard].call([&] {
      made.subscriber = &routers[shard]->open(0, name, queue_limits);
      made.subscriber->set_receiver(&Client::receiver(), nullptr, &made);
      made.subscriber->attach(nullptr, 0);
    });
    return made;
  }
  trellis_status subscribe(Client& client, const trellis_subscription& options) {
    return shards[client.shard].call([&] { return routers[client.shard]->subscribe(*client.subscriber, options); });
  }
  trellis_status unsubscribe(Client& client, std::string_view filter, std::string_view group = "") {
    return shards[client.shard].call(
        [&] { return routers[client.shard]->unsubscribe(*client.subscriber, filter, group); });
  }
  void on(Client& client, const std::function<void(Subscriber&)>& function) {
    shards[client.shard].call([&] { function(*client.subscriber); });
  }
  void close(Client& client) {
    shards[client.shard].call([&] { routers[client.shard]->close(*client.subscriber); });
  }
  /// Publishes in one batch, in the broker's own name unless told otherwise.
  std::vector<trellis_status> publish(const std::vector<trellis_publication>& messages, std::uint32_t shard = 0,
                                      const Publisher& publisher = broker()) {
    std::vector<trellis_status> results(messages.size(), TRELLIS_STATUS_UNSET);
    shards[shard].call([&] {
      routers[shard]->publish(0, publisher, messages.data(), results.data(),
                              static_cast<std::uint32_t>(messages.size()));
    });
    shards.settle();
    return results;
  }
  trellis_status publish(std::string_view topic, std::string_view payload, std::uint32_t qos = 1,
                         std::uint32_t flags = 0, std::uint32_t shard = 0) {
    return publish({publication(topic, payload, qos, flags)}, shard).front();
  }
  void set_policies(const std::function<void(Policies&)>& fill) {
    for (std::size_t i = 0; i < routers.size(); ++i) {
      auto policies = std::make_shared<Policies>();
      fill(*policies);
      shards[i].call([&] { routers[i]->set_policies(0, policies); });
    }
  }
  /// What a client got since it was last asked.
  std::vector<Received> take(Client& client) {
    shards.settle();
    std::vector<Received> taken;
    shards[client.shard].call([&] { taken.swap(client.received); });
    return taken;
  }
  std::vector<std::string> payloads(Client& client) {
    std::vector<std::string> names;
    for (const Received& one : take(client)) names.push_back(one.payload);
    return names;
  }
  std::int64_t read(MetricId id) const { return shards.metrics.read(id); }
  std::int64_t dropped(DropReason reason) {
    return read(space().queue_metrics.dropped[static_cast<std::size_t>(reason)]);
  }
  void expect_account() {
    shards.settle();
    const QueueMetrics& queue = space().queue_metrics;
    std::int64_t out = read(queue.delivered) + read(queue.queued) + read(queue.expired) + read(queue.dead_lettered);
    for (const MetricId reason : queue.dropped) out += read(reason);
    EXPECT_EQ(read(queue.matched), out);
  }

  ShardSet shards;
  Routers all;
  KeeperMetrics keeper_metrics{shards.metrics};
  std::vector<std::unique_ptr<Keeper>> keepers;
  std::vector<std::unique_ptr<Router>> routers;
  std::vector<std::unique_ptr<Client>> clients;
};

}  // namespace trellis::kernel::testing
