// Subscribers and their subscriptions, from the first to the end.
#include <algorithm>
#include <trellis/topic.hpp>

#include "route/router.hpp"

namespace trellis::kernel {

Subscriber& Router::open(std::uint32_t index, std::string_view name, const trellis_queue_limits& limits,
                         Homes::Key owner) {
  Namespace& space = name_space(index);
  auto* subscriber = new Subscriber(shard_, *this, space.queue_metrics, table_.next_id(), index, name, limits);
  subscriber->owned_by = owner;
  if (subscriber->limits().refuses()) space.refusing.fetch_add(1, std::memory_order_relaxed);
  all_.homes.hold(Homes::key(index, name), shard_.index());
  table_.add(*subscriber);
  space.subscribers.fetch_add(1, std::memory_order_relaxed);
  shard_.count(space.subscriber_count, 1);
  return *subscriber;
}

void Router::keep(Subscriber& subscriber, std::string_view owner, std::uint64_t expiry_ms) {
  const std::uint32_t level = policies_[subscriber.name_space()]->durability.of_session(subscriber.name());
  if (!keeper_.has_store() || level <= TRELLIS_DURABILITY_VOLATILE) return;
  subscriber.keep(keeper_, level, all_.next_queue.fetch_add(1, std::memory_order_relaxed), owner).expiry_ms = expiry_ms;
}

void Router::restore(Subscriber& subscriber, const SubscriberRecord::Subscription& subscription) {
  Namespace& space = name_space(subscriber.name_space());
  trellis_subscription options{};
  options.struct_size = sizeof options;
  options.filter = view_of(subscription.filter);
  options.group = view_of(subscription.group);
  options.qos = subscription.qos;
  options.identifier = subscription.identifier;
  options.flags = subscription.flags;
  if (!valid_topic_filter(subscription.filter) || space.subscriptions.subscribe(subscriber, options) != TRELLIS_OK)
    return;
  note_subscription(space, subscriber, options);
}

// What the subscriber remembers of one that is new. False: nothing changed.
bool Router::note_subscription(Namespace& space, Subscriber& subscriber, const trellis_subscription& options) {
  const auto [held, is_new] =
      subscriber.subscriptions.insert({std::string(text_of(options.filter)), std::string(text_of(options.group))});
  const auto qos = static_cast<std::uint8_t>(options.qos);
  const auto flags = static_cast<std::uint8_t>(options.flags);
  if (!is_new && held->identifier == options.identifier && held->qos == qos && held->flags == flags) return false;
  held->identifier = options.identifier;
  held->qos = qos;
  held->flags = flags;
  if (is_new) count_subscription(space, text_of(options.group), 1);
  subscriber.subscription_changed(*held);
  return true;
}

void Router::change_limits(Subscriber& subscriber, const trellis_queue_limits& limits) {
  std::atomic<std::uint32_t>& refusing = name_space(subscriber.name_space()).refusing;
  if (subscriber.limits().refuses()) refusing.fetch_sub(1, std::memory_order_relaxed);
  subscriber.set_limits(limits);
  if (subscriber.limits().refuses()) refusing.fetch_add(1, std::memory_order_relaxed);
}

void Router::close(Subscriber& subscriber) {
  if (!subscriber.being_ended()) remove(subscriber);
}

void Router::remove(Subscriber& subscriber) {
  Namespace& space = name_space(subscriber.name_space());
  for (const Subscriber::Held& held : subscriber.subscriptions) {
    if (space.subscriptions.unsubscribe(subscriber, held.filter, held.group)) count_subscription(space, held.group, -1);
  }
  subscriber.subscriptions.clear();
  subscriber.finish();
  if (subscriber.limits().refuses()) space.refusing.fetch_sub(1, std::memory_order_relaxed);
  table_.remove(subscriber);
  all_.homes.release(Homes::key(subscriber.name_space(), subscriber.name()));
  all_.owners.release(subscriber.owned_by);
  space.subscribers.fetch_sub(1, std::memory_order_relaxed);
  shard_.count(space.subscriber_count, -1);
  // Other shards may be looking at it until their turn ends.
  epochs_.retire([gone = &subscriber] { delete gone; });
}

void Router::end(Subscriber& subscriber, std::uint32_t reason) {
  shard_.count(name_space(subscriber.name_space()).ended[reason], 1);
  const trellis_receiver* receiver = subscriber.receiver();
  subscriber.set_ended();
  if (receiver->on_ended != nullptr) receiver->on_ended(subscriber.receiver_shard(), subscriber.user(), reason);
  remove(subscriber);
}

trellis_status Router::subscribe(Subscriber& subscriber, const trellis_subscription& options) {
  Namespace& space = name_space(subscriber.name_space());
  const std::string_view filter = text_of(options.filter);
  const std::string_view group = text_of(options.group);
  if (!valid_topic_filter(filter)) return TRELLIS_INVALID;
  Authorization& authorization = policies_[space.index]->authorization;
  if (subscriber.identity() &&
      !authorization.allowed(TRELLIS_ACTION_SUBSCRIBE, *subscriber.identity(), subscriber.name(), filter)) {
    return TRELLIS_NOT_AUTHORIZED;
  }
  const trellis_status status = space.subscriptions.subscribe(subscriber, options);
  if (status == TRELLIS_QUOTA) return status;
  const bool existed = status == TRELLIS_EXISTED;
  const bool changed = note_subscription(space, subscriber, options);
  const bool wanted = (options.flags & TRELLIS_SUBSCRIBE_RETAINED) != 0 ||
                      ((options.flags & TRELLIS_SUBSCRIBE_RETAINED_IF_NEW) != 0 && !existed);
  if (wanted && group.empty()) {
    subscriber.replay_from(filter, {{},
                                    space.retained.stored(),
                                    options.identifier,
                                    static_cast<std::uint8_t>(options.qos),
                                    (options.flags & TRELLIS_SUBSCRIBE_NO_LOCAL) != 0});
    subscriber.pump_later();
  }
  if (changed || (wanted && group.empty())) subscriber.touch();
  return status;
}

bool Router::still_may(Subscriber& subscriber, std::optional<Subscriber::Held>& behind, std::size_t& questions) {
  Authorization& authorization = policies(subscriber.name_space()).authorization;
  const IdentityPtr identity = subscriber.identity();
  const auto& held = subscriber.subscriptions;
  auto at = behind ? held.upper_bound(*behind) : held.begin();
  behind.reset();
  if (!identity || authorization.subscriptions_may_stay()) return true;
  std::vector<Subscriber::Held> lost;
  for (; at != held.end() && questions > 0; ++at, --questions) {
    if (!authorization.allowed(TRELLIS_ACTION_SUBSCRIBE, *identity, subscriber.name(), at->filter)) lost.push_back(*at);
  }
  if (at != held.end() && at != held.begin()) behind = *std::prev(at);
  for (const Subscriber::Held& gone : lost) unsubscribe(subscriber, gone.filter, gone.group);
  return lost.empty();
}

// Of as many subscriptions as fit one turn.
void Router::replay_more(Subscriber& subscriber) {
  if (replay_left_ == 0) return;  // it is asked again in the next turn
  if (!replay_anew_.queued()) shard_.defer_next_turn(replay_anew_);
  Namespace& space = name_space(subscriber.name_space());
  std::size_t messages = kBatch;
  std::size_t steps = kReplaySteps;
  bool record = false;
  while (subscriber.replaying != nullptr && messages > 0 && steps > 0) {
    auto& [filter, replay] = *subscriber.replaying->begin();
    if (replay.until == 0) replay.until = space.retained.stored();
    const RetainedFound found = space.retained.find(filter, shard_.wall_ms(),
                                                    {.behind = replay.behind,
                                                     .until = replay.until,
                                                     .messages = messages,
                                                     .steps = std::max(steps, RetainedPart::kLeastSteps)});
    messages -= found.messages.size();
    steps -= std::min(steps, found.steps);
    replay_left_ -= std::min(replay_left_, found.steps);
    replay_found(subscriber, replay, found.messages);
    replay.behind = found.behind;
    replay.unrecorded += static_cast<std::uint32_t>(found.messages.size());
    record = record || found.all || replay.unrecorded >= kReplaysUnrecorded;
    if (found.all) subscriber.forget_replay(std::string(filter));
  }
  if (!record) return;
  subscriber.touch();
  if (subscriber.replaying != nullptr) subscriber.replaying->begin()->second.unrecorded = 0;
}

void Router::replay_found(Subscriber& subscriber, const PendingReplay& replay, const std::vector<MessagePtr>& found) {
  Namespace& space = name_space(subscriber.name_space());
  Policies& policies = *policies_[space.index];
  const bool judged = policies.authorization.judges_receive();
  const Message* wanted[kBatch];
  std::uint32_t count = 0;
  for (const MessagePtr& message : found) {
    if (replay.no_local && text_of(message->facts().publisher) == subscriber.name()) continue;
    if (judged && !may_receive(policies.authorization, subscriber, message->topic())) continue;
    wanted[count++] = message.get();
  }
  const Grant grant = Grant::of(replay.identifier, 0, replay.qos, true);
  const Message* const* run = wanted;
  FilterChain::Result left;
  if (count == 0 || !filter(space, run, count, left)) return;
  for (std::uint32_t i = 0; i < count; ++i)
    subscriber.replay(*run[i], grant, policies.durability.ruled(run[i]->topic()));
}

trellis_status Router::unsubscribe(Subscriber& subscriber, std::string_view filter, std::string_view group) {
  Namespace& space = name_space(subscriber.name_space());
  if (!valid_topic_filter(filter)) return TRELLIS_INVALID;
  if (!space.subscriptions.unsubscribe(subscriber, filter, group)) return TRELLIS_NO_MATCH;
  count_subscription(space, group, -1);
  if (group.empty()) subscriber.forget_replay(filter);
  subscriber.subscriptions.erase(Subscriber::Held{std::string(filter), std::string(group)});
  subscriber.touch();
  return TRELLIS_OK;
}

void Router::count_subscription(Namespace& space, std::string_view group, std::int64_t change) noexcept {
  shard_.count(space.subscription_count, change);
  if (!group.empty()) shard_.count(space.shared_count, change);
}

void Router::end_all(std::uint32_t reason) {
  ended_ = true;
  keeper_.write();
  for (Subscriber* subscriber : table_.all()) {
    if (subscriber->kept() != nullptr) subscriber->kept()->leave();
  }
  for (const std::uint64_t id : table_.ids()) {  // who is told may close another
    if (Subscriber* subscriber = table_.find(id)) end(*subscriber, reason);
  }
}

}  // namespace trellis::kernel
