// A configured subscription whose messages go to a handler plugin.
#pragma once

#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>

#include <memory>
#include <string_view>
#include <trellis/configuration/settings.hpp>
#include <trellis/hosting/instance.hpp>
#include <trellis/runtime/awaited.hpp>

#include "names.hpp"
#include "route/router.hpp"

namespace trellis::kernel {

/// What a handler has not said yet how it went, and who wants to know.
struct ExpectedDelivery {
  trellis_settled_fn settled;
  void* user;
  std::uint64_t what;
  static void late(const ExpectedDelivery& delivery);
};

/// Lives on the shard its name belongs to and is used on that thread only.
class PushSubscription {
 public:
  PushSubscription(Router& router, Awaited<ExpectedDelivery>& under_way, std::uint32_t name_space,
                   SubscriptionSettings settings, std::shared_ptr<Instance> handler,
                   std::shared_ptr<Instance> predicate, MetricId retried);
  ~PushSubscription();
  PushSubscription(const PushSubscription&) = delete;
  PushSubscription& operator=(const PushSubscription&) = delete;

  /// With the queue of the one before it, if there is one. False with error set where handler or predicate refuse what
  /// the configuration says; then the one before only keeps its queue.
  bool start(PushSubscription* before, std::string& error);
  const SubscriptionSettings& settings() const noexcept { return settings_; }
  std::uint32_t name_space() const noexcept { return name_space_; }

 private:
  void settled(Queue::Sequence lease, const trellis_delivery_result& result);
  void deliver(const trellis_delivery* deliveries, std::uint32_t count);
  std::uint32_t choose(const trellis_delivery* deliveries, std::uint32_t count, trellis_delivery* chosen);
  static const trellis_receiver& receiver() noexcept;

  Router& router_;
  Awaited<ExpectedDelivery>& under_way_;
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
};

}  // namespace trellis::kernel
