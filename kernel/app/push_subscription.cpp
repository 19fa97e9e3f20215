#include "app/push_subscription.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <trellis/runtime/log.hpp>
#include <utility>

#include "names.hpp"

namespace trellis::kernel {
namespace {

constexpr std::uint32_t kMost = 64;  // of a batch

}  // namespace

void ExpectedDelivery::late(const ExpectedDelivery& delivery) {
  const trellis_delivery_result result{sizeof result,
                                       TRELLIS_DELIVERY_RETRY,
                                       0,
                                       TRELLIS_CAUSE_TIMED_OUT,
                                       0,
                                       view_of("the handler did not answer in time")};
  delivery.settled(delivery.user, delivery.what, &result);
}

PushSubscription::PushSubscription(Router& router, Awaited<ExpectedDelivery>& under_way, std::uint32_t name_space,
                                   SubscriptionSettings settings, std::shared_ptr<Instance> handler,
                                   std::shared_ptr<Instance> predicate, MetricId retried)
    : router_(router),
      under_way_(under_way),
      name_space_(name_space),
      settings_(std::move(settings)),
      handler_(std::move(handler)),
      predicate_(std::move(predicate)),
      handler_table_(handler_->table<trellis_handler>(TRELLIS_HANDLER)),
      retried_(retried) {
  if (predicate_ != nullptr) predicate_table_ = predicate_->table<trellis_predicate>(TRELLIS_PREDICATE);
}

PushSubscription::~PushSubscription() {
  under_way_.forget_if([this](const ExpectedDelivery& one) { return one.user == this; });
  if (subscriber_ != nullptr) router_.close(*subscriber_);
  if (compiled_ != nullptr) predicate_table_->release(predicate_->handle(), compiled_);
  if (destination_ != nullptr) handler_table_->release(handler_->handle(), destination_);
}

bool PushSubscription::start(PushSubscription* before, std::string& error) {
  PluginError problem;
  destination_ = handler_table_->open(handler_->handle(), view_of(settings_.destination), &problem);
  if (destination_ != nullptr && predicate_table_ != nullptr) {
    compiled_ = predicate_table_->compile(predicate_->handle(), view_of(settings_.predicate_filter), &problem);
  }
  if (destination_ == nullptr || (predicate_table_ != nullptr && compiled_ == nullptr)) {
    const Instance& refuses = destination_ == nullptr ? *handler_ : *predicate_;
    error = fmt::format("subscription '{}': {}", settings_.name, refuses.concealed(problem.reason()));
    // Its handler is about to be drained: the queue waits for a configuration that can be started.
    if (before != nullptr && before->subscriber_ != nullptr) before->subscriber_->detach(UINT64_MAX);
    return false;
  }
  trellis_queue_limits limits{};
  limits.struct_size = sizeof limits;
  limits.overflow = settings_.overflow;
  limits.messages = settings_.queue_messages;
  limits.bytes = settings_.queue_bytes;
  limits.maximum_deliveries = settings_.maximum_deliveries;
  limits.queue_qos0 = 1;
  if (before != nullptr && before->subscriber_ != nullptr) {
    subscriber_ = std::exchange(before->subscriber_, nullptr);
    subscriber_->detach(UINT64_MAX);
    router_.change_limits(*subscriber_, limits);
    for (const std::string& filter : before->settings_.filters) {
      if (std::ranges::find(settings_.filters, filter) == settings_.filters.end())
        router_.unsubscribe(*subscriber_, filter, {});
    }
  } else {
    subscriber_ = &router_.open(name_space_, std::string(kBrokersOwn) + "push/" + settings_.name, limits);
  }
  subscriber_->set_receiver(&receiver(), nullptr, this, true);
  subscriber_->attach(nullptr, settings_.batch);
  for (const std::string& filter : settings_.filters) {
    trellis_subscription options{};
    options.struct_size = sizeof options;
    options.filter = view_of(filter);
    options.qos = settings_.qos;
    options.flags = TRELLIS_SUBSCRIBE_RETAIN_AS_PUBLISHED;
    router_.subscribe(*subscriber_, options);
  }
  return true;
}

const trellis_receiver& PushSubscription::receiver() noexcept {
  static const trellis_receiver table{
      sizeof table,
      [](void*, void* user, const trellis_delivery* deliveries, std::uint32_t count) {
        static_cast<PushSubscription*>(user)->deliver(deliveries, count);
      },
      [](void*, void*, bool) { return true; },
      [](void*, void* user, std::uint32_t) { static_cast<PushSubscription*>(user)->subscriber_ = nullptr; }, nullptr};
  return table;
}

// Asks the predicate and takes out what it does not want.
std::uint32_t PushSubscription::choose(const trellis_delivery* deliveries, std::uint32_t count,
                                       trellis_delivery* chosen) {
  const trellis_message* messages[kMost] = {};
  std::uint32_t verdicts[kMost] = {};
  for (std::uint32_t i = 0; i < count; ++i) messages[i] = deliveries[i].message;
  void* const state = predicate_->shard_state(router_.shard().index());
  predicate_table_->judge(state, compiled_, messages, verdicts, count);
  std::uint32_t left = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (verdicts[i] == TRELLIS_VERDICT_PASS) {
      chosen[left++] = deliveries[i];
      continue;
    }
    if (verdicts[i] != TRELLIS_VERDICT_DROP) {
      log::seldom("push", log::Level::error, "predicate misbehaved: left a message without a verdict, which drops it",
                  {{"predicate", predicate_->name()}});
    }
    subscriber_->unmatch(deliveries[i].lease);
  }
  return left;
}

void PushSubscription::deliver(const trellis_delivery* deliveries, std::uint32_t count) {
  trellis_delivery chosen[kMost];
  if (predicate_table_ != nullptr) {
    count = choose(deliveries, count, chosen);
    deliveries = chosen;
    if (count == 0) return;
  }
  const trellis_settled_fn tell = [](void* user, std::uint64_t lease, const trellis_delivery_result* result) {
    static_cast<PushSubscription*>(user)->settled(lease, *result);
  };
  trellis_token tokens[kMost];
  for (std::uint32_t i = 0; i < count; ++i) {
    tokens[i] = under_way_.add(settings_.deadline_ms, {tell, this, deliveries[i].lease});
  }
  handler_table_->deliver(handler_->shard_state(router_.shard().index()), destination_, deliveries, tokens, count);
}

void PushSubscription::settled(Queue::Sequence lease, const trellis_delivery_result& result) {
  if (subscriber_ == nullptr || result.outcome == TRELLIS_DELIVERY_AWAITED) return;  // it is settled yet
  const std::string_view reason = text_of(result.reason);
  if (result.outcome == TRELLIS_DELIVERED) {
    subscriber_->settle(lease, TRELLIS_SETTLE_ACCEPT);
  } else if (result.outcome == TRELLIS_DELIVERY_REFUSED) {
    log::warn("push", "the handler refused a message", {{"subscription", settings_.name}, {"reason", reason}});
    subscriber_->settle(lease, TRELLIS_SETTLE_REJECT);
  } else {
    log::seldom("push", log::Level::warn, "a delivery failed and will be tried again",
                {{"subscription", settings_.name}, {"reason", reason}});
    router_.shard().count(retried_, 1);
    subscriber_->hold(result.retry_ms != 0 ? result.retry_ms : settings_.retry_ms);
    subscriber_->settle(lease, TRELLIS_SETTLE_RELEASE);
  }
}

}  // namespace trellis::kernel
