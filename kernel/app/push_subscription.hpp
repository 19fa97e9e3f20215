// A configured subscription whose messages go to a handler plugin.
#pragma once

#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string_view>

#include "config/settings.hpp"
#include "plugin/instance.hpp"
#include "route/router.hpp"

namespace trellis::kernel {

class PushSubscription;

/// Deliveries under way on one shard, by token. Used on its thread.
class PushTokens {
 public:
  explicit PushTokens(std::uint32_t shard_index) noexcept : shard_bits_(trellis_token{shard_index} << 56) {}
  trellis_token add(PushSubscription& subscription, Queue::Sequence lease);
  /// False when it is no longer waited for.
  bool settle(trellis_token token, std::uint32_t outcome, std::uint64_t retry_ms, std::string_view reason);
  void forget(PushSubscription& subscription);

 private:
  struct UnderWay {
    PushSubscription* subscription;
    Queue::Sequence lease;
  };
  trellis_token shard_bits_;
  trellis_token last_ = 0;
  boost::unordered_flat_map<trellis_token, UnderWay> under_way_;
};

/// Lives on the shard its name belongs to and is used on that thread only.
class PushSubscription {
 public:
  PushSubscription(Router& router, PushTokens& tokens, std::uint32_t name_space, SubscriptionSettings settings,
                   std::shared_ptr<Instance> handler, std::shared_ptr<Instance> predicate, MetricId retried);
  ~PushSubscription();
  PushSubscription(const PushSubscription&) = delete;
  PushSubscription& operator=(const PushSubscription&) = delete;

  /// Null with error set where handler or predicate refuse what the configuration says.
  bool start(std::string& error);
  void settled(Queue::Sequence lease, std::uint32_t outcome, std::uint64_t retry_ms, std::string_view reason);
  const SubscriptionSettings& settings() const noexcept { return settings_; }
  std::uint32_t name_space() const noexcept { return name_space_; }

 private:
  struct Deadline;
  void deliver(const trellis_delivery* deliveries, std::uint32_t count);
  std::uint32_t choose(const trellis_delivery* deliveries, std::uint32_t count, trellis_delivery* chosen);
  static void on_deadline(Timer& timer);
  static const trellis_receiver& receiver() noexcept;

  Router& router_;
  PushTokens& tokens_;
  std::uint32_t name_space_;
  SubscriptionSettings settings_;
  std::shared_ptr<Instance> handler_;
  std::shared_ptr<Instance> predicate_;
  const trellis_handler* handler_table_;
  const trellis_predicate* predicate_table_ = nullptr;
  void* destination_ = nullptr;
  void* compiled_ = nullptr;
  Subscriber* subscriber_ = nullptr;
  MetricId retried_;
  std::vector<std::unique_ptr<Deadline>> deadlines_;
};

}  // namespace trellis::kernel
