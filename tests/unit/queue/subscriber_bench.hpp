// A subscriber on a running shard, with an owner and a receiver that write down what they are told.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "message/publication.hpp"
#include "queue/subscriber.hpp"
#include "runtime/running_shard.hpp"

namespace trellis::kernel::testing {

/// Does for subscribers what the room above does, as the test says.
class FakeOwner final : public SubscriberOwner {
 public:
  void end(Subscriber& subscriber, std::uint32_t reason) override {
    ended.push_back(reason);
    subscriber.finish();
  }
  bool hand_on(Subscriber&, std::uint32_t group, const Message& message, std::uint8_t) override {
    if (!takes()) return false;
    handed.push_back(std::to_string(group) + ":" + std::string(message.payload()));
    return true;
  }
  bool dead_letter(Subscriber&, const Message& message, std::string_view reason) override {
    if (!buries()) return false;
    buried.push_back(std::string(message.payload()) + ":" + std::string(reason));
    return true;
  }
  void count_away(std::int64_t bytes) override { away_bytes += bytes; }
  bool away_full() override { return full; }
  std::string_view label(std::uint32_t) const override { return "n"; }
  void replay_more(Subscriber& subscriber) override { subscriber.replaying.reset(); }
  std::int64_t away_bytes = 0;
  bool full = false;                                    // for who is away
  std::function<bool()> takes = [] { return false; };   // another member of the shared subscription
  std::function<bool()> buries = [] { return false; };  // a dead-letter topic
  std::vector<std::uint32_t> ended;
  std::vector<std::string> handed;
  std::vector<std::string> buried;
};

/// One delivery as it was made.
struct Received {
  std::string payload;
  std::uint64_t lease;
  std::uint32_t flags;
  std::uint64_t tag;
  std::uint32_t qos;
  std::vector<std::uint32_t> identifiers;
  std::vector<std::pair<std::string, std::string>> properties = {};  // of the user
};

inline QueueMetrics queue_metrics(Metrics& metrics) {
  const auto declare = [&](std::string_view name) { return metrics.declare(MetricType::counter, name, "", ""); };
  QueueMetrics made{};
  made.matched = declare("matched");
  made.delivered = declare("delivered");
  made.expired = declare("expired");
  made.dead_lettered = declare("dead_lettered");
  made.queued = declare("queued");
  made.queued_bytes = declare("queued_bytes");
  made.leased = declare("leased");
  made.redelivered = declare("redelivered");
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    made.dropped[i] = declare("dropped_" + std::string(drop_reason_name(static_cast<DropReason>(i))));
  }
  return made;
}

inline trellis_queue_limits limits(std::uint64_t messages, std::uint32_t overflow = TRELLIS_OVERFLOW_DROP_NEWEST) {
  trellis_queue_limits made{};
  made.struct_size = sizeof made;
  made.overflow = overflow;
  made.messages = messages;
  made.bytes = UINT64_MAX;
  return made;
}

/// Functions of its own run on the shard; what they put off is done when they return.
class SubscriberBench {
 public:
  static constexpr std::uint64_t kId = 5;
  explicit SubscriberBench(const trellis_queue_limits& queue_limits = limits(1000)) {
    metrics = queue_metrics(shards.metrics);
    subscriber = std::make_unique<Subscriber>(*shards[0], owner, metrics, kId, 0, "s", queue_limits);
    subscriber->set_receiver(&kReceiver, nullptr, this);
  }
  ~SubscriberBench() {
    on_shard([this] { subscriber.reset(); });
    shards.stop();
  }

  void on_shard(std::function<void()> function) {
    shards[0].call(std::move(function));
    shards[0].turn();
  }
  void attach(std::uint32_t window = 0) {
    on_shard([=, this] { subscriber->attach(nullptr, window); });
  }
  void detach(std::uint64_t expiry_ms = UINT64_MAX) {
    on_shard([=, this] { subscriber->detach(expiry_ms); });
  }
  void offer(const std::vector<MessagePtr>& messages, const Grant& grant) {
    on_shard([&] {
      std::vector<const Message*> pointers;
      for (const MessagePtr& message : messages) pointers.push_back(message.get());
      KeptBodies bodies;
      subscriber->offer(pointers.data(), static_cast<std::uint32_t>(pointers.size()), grant, bodies);
    });
  }
  /// Messages of one QoS, named by their payloads.
  void offer(const std::vector<std::string>& payloads, std::uint32_t qos, const Grant& grant) {
    std::vector<MessagePtr> messages;
    for (const std::string& payload : payloads) messages.push_back(message("t", payload, qos));
    offer(messages, grant);
  }
  void offer(const std::vector<std::string>& payloads, std::uint32_t qos = 1) { offer(payloads, qos, {.qos = 2}); }
  void replay(std::string_view payload, std::uint32_t qos = 1) {
    on_shard([&] { subscriber->replay(*message("t", payload, qos), {.qos = 2}); });
  }
  trellis_status settle(std::uint64_t lease, std::uint32_t outcome) {
    trellis_status status = TRELLIS_STATUS_UNSET;
    on_shard([&] { status = subscriber->settle(lease, outcome); });
    return status;
  }
  void finish() {
    on_shard([this] { subscriber->finish(); });
  }

  /// What was delivered since it was last asked.
  std::vector<std::string> payloads() {
    std::vector<std::string> all;
    for (const Received& one : take()) all.push_back(one.payload);
    return all;
  }
  std::vector<Received> take() {
    std::vector<Received> taken;
    on_shard([&] { taken.swap(received); });
    return taken;
  }
  std::int64_t read(MetricId id) const { return shards.metrics.read(id); }
  std::int64_t dropped(DropReason reason) const { return read(metrics.dropped[static_cast<std::size_t>(reason)]); }
  std::int64_t dropped() const {
    std::int64_t sum = 0;
    for (const MetricId id : metrics.dropped) sum += read(id);
    return sum;
  }
  /// The account that always holds.
  void expect_account() const {
    EXPECT_EQ(read(metrics.matched), read(metrics.delivered) + read(metrics.queued) + read(metrics.expired) +
                                         read(metrics.dead_lettered) + dropped())
        << "delivered " << read(metrics.delivered) << ", queued " << read(metrics.queued) << ", expired "
        << read(metrics.expired) << ", dead-lettered " << read(metrics.dead_lettered) << ", dropped " << dropped();
  }

  ShardSet shards;
  QueueMetrics metrics;
  FakeOwner owner;
  std::unique_ptr<Subscriber> subscriber;
  std::vector<Received> received;
  std::function<void(const Received&)> on_delivery;

 private:
  static void on_deliver(void*, void* user, const trellis_delivery* deliveries, std::uint32_t count) {
    auto& self = *static_cast<SubscriberBench*>(user);
    std::vector<Received> batch;
    for (std::uint32_t i = 0; i < count; ++i) {
      const trellis_delivery& one = deliveries[i];
      batch.push_back({one.message == nullptr ? "" : std::string(text_of(one.message->payload)),
                       one.lease,
                       one.flags,
                       one.tag,
                       one.qos,
                       {one.identifiers, one.identifiers + one.identifier_count}});
    }
    for (Received& one : batch) {
      self.received.push_back(one);
      if (self.on_delivery) self.on_delivery(one);
    }
  }
  static constexpr trellis_receiver kReceiver{sizeof(trellis_receiver), &SubscriberBench::on_deliver, nullptr, nullptr,
                                              nullptr};
};

}  // namespace trellis::kernel::testing
