// Queues with leases, small and without limits beyond counting messages.
#include "subscribers.hpp"

#include <algorithm>
#include <trellis/topic.hpp>

#include "world.hpp"

namespace trellis::testing {

FakeSubscriber* Subscribers::find(std::uint32_t name_space, std::string_view name) {
  for (const auto& subscriber : all) {
    if (subscriber->name_space == name_space && subscriber->name == name) return subscriber.get();
  }
  return nullptr;
}

trellis_status Subscribers::open(FakeSubscriber made, bool fresh, FakeSubscriber*& out) {
  FakeSubscriber* existing = find(made.name_space, made.name);
  if (existing != nullptr) {
    bool goes_on = false;
    {
      const CallScope scope("on_taken", world_.shards[existing->shard].get(), false);
      goes_on = existing->receiver->on_taken(existing->instance->shard(existing->shard), existing->user, fresh);
    }
    if (fresh || !goes_on) {
      remove(*existing);
      existing = nullptr;
    }
  }
  if (existing != nullptr) {
    // Whoever takes over a queue that is pulled from leases anew.
    for (QueuedMessage& message : existing->queue) {
      if (!existing->pulled() || message.lease == 0) continue;
      message.lease = 0;
      message.leased_before = true;
    }
    existing->receiver = made.receiver;
    existing->instance = made.instance;
    existing->user = made.user;
    existing->options_window = made.options_window;
    existing->limits = made.limits;
    existing->attached = nullptr;
    existing->expires_at_ms = 0;
    out = existing;
    return TRELLIS_EXISTED;
  }
  all.push_back(std::make_unique<FakeSubscriber>(std::move(made)));
  out = all.back().get();
  return TRELLIS_OK;
}

void Subscribers::remove(FakeSubscriber& subscriber) {
  std::erase_if(all, [&](const auto& held) { return held.get() == &subscriber; });
}

void Subscribers::close(FakeSubscriber& subscriber) { remove(subscriber); }

void Subscribers::end(FakeSubscriber& subscriber, std::uint32_t reason) {
  {
    const CallScope scope("on_ended", world_.shards[subscriber.shard].get(), false);
    subscriber.receiver->on_ended(subscriber.instance->shard(subscriber.shard), subscriber.user, reason);
  }
  remove(subscriber);
}

void Subscribers::end_all(const Instance& instance) {
  while (true) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& held) { return held->instance == &instance; });
    if (found == all.end()) return;
    end(**found, TRELLIS_ENDED_SHUTDOWN);
  }
}

void Subscribers::attach(FakeSubscriber& subscriber, FakeConnection& connection, std::uint32_t window) {
  subscriber.attached = &connection;
  subscriber.expires_at_ms = 0;
  subscriber.window = window != 0 ? window : subscriber.options_window != 0 ? subscriber.options_window : 65535;
  connection.client_id = subscriber.name;
}

void Subscribers::detach(FakeSubscriber& subscriber, std::uint64_t expiry_ms) {
  subscriber.attached = nullptr;
  subscriber.pulling = false;
  subscriber.expires_at_ms = expiry_ms == UINT64_MAX ? 0 : world_.now_ms + std::max<std::uint64_t>(expiry_ms, 1);
  for (QueuedMessage& message : subscriber.queue) {
    message.leased_before = message.leased_before || message.delivered;
    message.delivered = false;
  }
}

trellis_status Subscribers::subscribe(FakeSubscriber& subscriber, const trellis_subscription& subscription) {
  const std::string filter(text(subscription.filter));
  if (!valid_topic_filter(filter)) return TRELLIS_INVALID;
  if (world_.judge_access && !world_.judge_access(Action::subscribe, subscriber.name, filter)) {
    return TRELLIS_NOT_AUTHORIZED;
  }
  const auto key = std::pair(filter, std::string(text(subscription.group)));
  const bool existed = subscriber.subscriptions.contains(key);
  subscriber.subscriptions[key] = {subscription.flags, subscription.qos, subscription.identifier};
  const bool send_retained = (subscription.flags & TRELLIS_SUBSCRIBE_RETAINED) != 0 ||
                             ((subscription.flags & TRELLIS_SUBSCRIBE_RETAINED_IF_NEW) != 0 && !existed);
  for (const auto& [where, sample] : retained) {
    if (!send_retained || where.first != subscriber.name_space || !topic_matches(filter, where.second)) continue;
    QueuedMessage message{sample, std::min(sample.qos, subscription.qos), TRELLIS_DELIVERY_RETAIN, {}, 0};
    if (subscription.identifier != 0) message.identifiers.push_back(subscription.identifier);
    enqueue(subscriber, std::move(message));
  }
  return existed ? TRELLIS_EXISTED : TRELLIS_OK;
}

QueuedMessage* Subscribers::leased(FakeSubscriber& subscriber, std::uint64_t lease) {
  for (QueuedMessage& message : subscriber.queue) {
    if (lease != 0 && message.lease == lease) return &message;
  }
  return nullptr;
}

trellis_status Subscribers::settle(FakeSubscriber& subscriber, std::uint64_t lease, std::uint32_t outcome) {
  settled.push_back({subscriber.name, lease, outcome});
  QueuedMessage* message = leased(subscriber, lease);
  if (message == nullptr) return TRELLIS_NO_MATCH;
  switch (outcome) {
    case TRELLIS_SETTLE_RELEASE:
      message->lease = 0;
      message->delivered = false;
      message->leased_before = true;
      return TRELLIS_OK;
    case TRELLIS_SETTLE_RECEIVED:
      message->received = true;
      return TRELLIS_OK;
    case TRELLIS_SETTLE_ACCEPT:
    case TRELLIS_SETTLE_REJECT:
    case TRELLIS_SETTLE_DISCARD:
    case TRELLIS_SETTLE_EXPIRED:
    case TRELLIS_SETTLE_EXHAUSTED:
    case TRELLIS_SETTLE_DEAD_LETTERED:
      std::erase_if(subscriber.queue, [&](const QueuedMessage& held) { return held.lease == lease; });
      return TRELLIS_OK;
    default:
      world_.violation("settle() with an outcome that is none: " + std::to_string(outcome));
      return TRELLIS_INVALID;
  }
}

void Subscribers::enqueue(FakeSubscriber& subscriber, QueuedMessage message) {
  if (message.sample.expiry_s) {
    message.expires_at_ms = world_.wall_ms + static_cast<std::int64_t>(*message.sample.expiry_s) * 1000;
  }
  const bool waits = message.qos > 0 || subscriber.attached != nullptr || subscriber.limits.queue_qos0 != 0;
  if (!waits) return;
  const bool full = subscriber.limits.messages != 0 && subscriber.queue.size() >= subscriber.limits.messages;
  if (full && subscriber.limits.overflow == TRELLIS_OVERFLOW_DROP_OLDEST) {
    const auto oldest = std::find_if(subscriber.queue.begin(), subscriber.queue.end(),
                                     [](const QueuedMessage& held) { return held.lease == 0; });
    if (oldest != subscriber.queue.end()) subscriber.queue.erase(oldest);
  } else if (full) {
    return;
  }
  if (subscriber.pulled() && message.lent == nullptr)
    message.lent = std::make_shared<FakeMessage>(world_, message.sample, world_.wall_ms, true);
  subscriber.queue.push_back(std::move(message));
}

bool Subscribers::offer(FakeSubscriber& subscriber, const Sample& sample, const FakeConnection* from,
                        bool shared_taken) {
  QueuedMessage message{sample, 0, 0, {}, 0};
  bool matched = false;
  for (const auto& [key, subscription] : subscriber.subscriptions) {
    const bool shared = !key.second.empty();
    if ((shared && shared_taken) || !topic_matches(key.first, sample.topic)) continue;
    const bool own = from != nullptr && subscriber.attached == from;
    if (own && (subscription.flags & TRELLIS_SUBSCRIBE_NO_LOCAL) != 0) continue;
    matched = true;
    message.qos = std::max(message.qos, std::min(sample.qos, subscription.qos));
    if (subscription.identifier != 0) message.identifiers.push_back(subscription.identifier);
    if (sample.retain && (subscription.flags & TRELLIS_SUBSCRIBE_RETAIN_AS_PUBLISHED) != 0) {
      message.flags |= TRELLIS_DELIVERY_RETAIN;
    }
  }
  if (matched) enqueue(subscriber, std::move(message));
  return matched;
}

std::size_t Subscribers::route(std::uint32_t name_space, const Sample& sample, const FakeConnection* from) {
  if (sample.retain) {
    const auto key = std::pair(name_space, sample.topic);
    if (sample.payload.empty()) {
      retained.erase(key);
    } else {
      retained[key] = sample;
    }
  }
  std::size_t receivers = 0;
  std::map<std::string, std::vector<FakeSubscriber*>> groups;
  for (const auto& subscriber : all) {
    if (subscriber->name_space != name_space) continue;
    for (const auto& [key, subscription] : subscriber->subscriptions) {
      if (!key.second.empty() && topic_matches(key.first, sample.topic)) {
        groups[key.second + '/' + key.first].push_back(subscriber.get());
      }
    }
    receivers += offer(*subscriber, sample, from, true) ? 1U : 0U;
  }
  for (const auto& [group, members] : groups) {
    FakeSubscriber& member = *members[next_member_++ % members.size()];
    const auto split = group.find('/');
    const auto& subscription = member.subscriptions[{group.substr(split + 1), group.substr(0, split)}];
    QueuedMessage message{sample, std::min(sample.qos, subscription.qos), 0, {}, 0};
    if (subscription.identifier != 0) message.identifiers.push_back(subscription.identifier);
    enqueue(member, std::move(message));
    ++receivers;
  }
  return receivers;
}

bool Subscribers::tell_ready(FakeSubscriber& subscriber) {
  trellis_delivery first{};
  const auto out = std::ranges::count_if(subscriber.queue, [](const QueuedMessage& held) { return held.lease != 0; });
  if (!subscriber.wants || !subscriber.pulling || std::cmp_greater_equal(out, subscriber.window)) return false;
  if (peek(subscriber, &first, 1) == 0) return false;
  subscriber.wants = false;
  const CallScope scope("on_ready", world_.shards[subscriber.shard].get(), true);
  subscriber.receiver->on_ready(subscriber.instance->shard(subscriber.shard), subscriber.user);
  return true;
}

std::uint32_t Subscribers::lease(FakeSubscriber& subscriber, trellis_delivery* deliveries, std::uint32_t count) {
  std::size_t out = 0;
  for (const auto& message : subscriber.queue) out += message.lease != 0 ? 1U : 0U;
  std::uint32_t leased = 0;
  for (auto& message : subscriber.queue) {
    if (leased == count || out >= subscriber.window) break;
    if (message.lease != 0) continue;
    message.lease = next_lease_++;
    const std::uint32_t flags = message.leased_before ? std::uint32_t{TRELLIS_DELIVERY_REDELIVERED} : 0U;
    deliveries[leased++] = {message.lent.get(), message.lease, nullptr, 0, flags, message.tag, message.qos, 0};
    ++out;
  }
  subscriber.wants = leased < count;
  return leased;
}

std::uint32_t Subscribers::peek(FakeSubscriber& subscriber, trellis_delivery* deliveries, std::uint32_t count) {
  std::uint32_t shown = 0;
  for (const auto& message : subscriber.queue) {
    if (shown == count) break;
    if (message.lease != 0) continue;
    deliveries[shown++] = {message.lent.get(), 0, nullptr, 0, 0, message.tag, message.qos, 0};
  }
  subscriber.wants = subscriber.wants || shown == 0;
  return shown;
}

bool Subscribers::flush_one(FakeSubscriber& subscriber) {
  if (subscriber.pulled()) return tell_ready(subscriber);
  if (subscriber.attached == nullptr || !subscriber.attached->open) return false;
  std::erase_if(subscriber.queue, [&](const QueuedMessage& held) {
    return held.expires_at_ms != 0 && held.expires_at_ms <= world_.wall_ms && held.lease == 0;
  });
  std::size_t leases = 0;
  for (const auto& message : subscriber.queue) leases += message.delivered && message.lease != 0 ? 1U : 0U;
  std::vector<trellis_delivery> deliveries;
  std::vector<FakeMessage*> lent;
  std::vector<std::vector<std::uint32_t>> identifiers;
  identifiers.reserve(subscriber.queue.size());
  for (auto& message : subscriber.queue) {
    if (message.delivered) continue;
    if (message.qos > 0 && leases >= subscriber.window) break;
    trellis_delivery delivery{};
    if (message.qos > 0) {
      if (message.lease == 0) message.lease = next_lease_++;
      ++leases;
    }
    message.delivered = true;
    if (!message.received) {
      lent.push_back(world_.lend(message.sample, "on_deliver"));
      if (message.expires_at_ms != 0) lent.back()->expires_at_ms = message.expires_at_ms;
      delivery.message = lent.back();
    }
    delivery.lease = message.lease;
    identifiers.push_back(message.identifiers);
    delivery.identifiers = identifiers.back().data();
    delivery.identifier_count = static_cast<std::uint32_t>(identifiers.back().size());
    delivery.flags = message.flags;
    if (message.received) delivery.flags |= TRELLIS_DELIVERY_RECEIVED;
    if (message.leased_before) delivery.flags |= TRELLIS_DELIVERY_REDELIVERED;
    delivery.tag = message.tag;
    delivery.qos = message.qos;
    deliveries.push_back(delivery);
  }
  std::erase_if(subscriber.queue, [](const QueuedMessage& held) { return held.qos == 0 && held.delivered; });
  if (deliveries.empty()) return false;
  {
    const CallScope scope("on_deliver", world_.shards[subscriber.shard].get(), true);
    subscriber.receiver->on_deliver(subscriber.instance->shard(subscriber.shard), subscriber.user, deliveries.data(),
                                    static_cast<std::uint32_t>(deliveries.size()));
  }
  for (FakeMessage* message : lent) world_.end_borrow(message);
  return true;
}

bool Subscribers::flush() {
  // A receiver may close its subscriber, so the list is looked at anew after each.
  for (const auto& subscriber : all) {
    if (flush_one(*subscriber)) return true;
  }
  return false;
}

void Subscribers::expire() {
  while (true) {
    const auto due = std::find_if(all.begin(), all.end(), [&](const auto& subscriber) {
      return subscriber->attached == nullptr && subscriber->expires_at_ms != 0 &&
             subscriber->expires_at_ms <= world_.now_ms;
    });
    if (due == all.end()) return;
    end(**due, TRELLIS_ENDED_EXPIRED);
  }
}

}  // namespace trellis::testing
