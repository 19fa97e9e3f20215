#include "route/router.hpp"

#include <algorithm>
#include <new>
#include <trellis/runtime/kept_bytes.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/topic.hpp>

#include "names.hpp"

namespace trellis::kernel {
namespace {

constexpr std::string_view kEndNames[TRELLIS_ENDED_SHUTDOWN + 1] = {"", "expired", "overflow", "removed", "shutdown"};

// The same again, without expiry.
trellis_publication publication_of(const Message& message) {
  const trellis_message& facts = message.facts();
  return {sizeof(trellis_publication),
          facts.flags,
          facts.topic,
          facts.payload,
          facts.content_type,
          facts.response_topic,
          facts.correlation_data,
          facts.user_properties,
          facts.user_property_count,
          facts.qos,
          0,
          0};
}

}  // namespace

Namespace::Namespace(std::string label, std::uint32_t number, Epochs& epochs, Metrics& metrics)
    : name(std::move(label)), index(number), subscriptions(epochs), retained(metrics, name) {
  const std::string labels = metric_label("namespace", name);
  const auto counter = [&](std::string_view metric, std::string_view help) {
    return metrics.declare(MetricType::counter, metric, labels, help);
  };
  const auto gauge = [&](std::string_view metric, std::string_view help) {
    return metrics.declare(MetricType::gauge, metric, labels, help);
  };
  published = counter("trellis_messages_published_total", "Messages accepted from publishers.");
  unmatched = counter("trellis_messages_unmatched_total", "Accepted messages that nobody subscribed to.");
  const auto filtered = [&](std::string_view stage) {
    return metrics.declare(MetricType::counter, "trellis_messages_filtered_total", labels + std::string(stage),
                           "Messages that stages dropped.");
  };
  filtered_publish = filtered(",stages=\"publish\"");
  filtered_deliver = filtered(",stages=\"deliver\"");
  refused = counter("trellis_messages_refused_total", "Messages refused: not authorized, quota, invalid.");
  subscription_count = gauge("trellis_subscriptions", "Subscriptions, shared ones included.");
  shared_count = gauge("trellis_shared_subscriptions", "Subscriptions that share their messages with others.");
  subscriber_count = gauge("trellis_subscribers", "Subscribers: sessions and subscriptions, attached or not.");
  queue_metrics.matched = counter("trellis_messages_matched_total", "Published messages times subscribers matched.");
  queue_metrics.delivered = counter("trellis_messages_delivered_total", "Deliveries sent or, with QoS, confirmed.");
  queue_metrics.redelivered = counter("trellis_messages_redelivered_total", "Deliveries made again.");
  queue_metrics.expired = counter("trellis_messages_expired_total", "Deliveries that expired while queued.");
  queue_metrics.dead_lettered = counter("trellis_messages_dead_lettered_total", "Deliveries given to dead letters.");
  queue_metrics.queued = gauge("trellis_queue_messages", "Messages queued or leased.");
  queue_metrics.queued_bytes = gauge("trellis_queue_bytes", "Bytes of messages queued or leased.");
  queue_metrics.leased = gauge("trellis_queue_leased", "Messages sent and not confirmed yet.");
  for (std::size_t i = TRELLIS_ENDED_EXPIRED; i <= TRELLIS_ENDED_SHUTDOWN; ++i) {
    const std::string reason = labels + ",reason=\"" + std::string(kEndNames[i]) + "\"";
    ended[i] = metrics.declare(MetricType::counter, "trellis_subscribers_ended_total", reason,
                               "Subscribers that ended without their owner's doing.");
  }
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const std::string reason = labels + ",reason=\"" + std::string(drop_reason_name(static_cast<DropReason>(i))) + "\"";
    queue_metrics.dropped[i] =
        metrics.declare(MetricType::counter, "trellis_messages_dropped_total", reason, "Deliveries dropped.");
  }
}

Router::Router(Shard& shard, Epochs& epochs, Routers& all, Keeper& keeper)
    : shard_(shard),
      epochs_(epochs),
      all_(all),
      keeper_(keeper),
      table_(shard.index()),
      policies_(all.namespaces.size(), std::make_shared<Policies>()),
      outgoing_(all.by_shard.size()),
      last_on_the_way_(all.by_shard.size()) {
  keeper_.on_taken([this] { send_held(); });
}

Router::~Router() {
  keeper_.on_taken(nullptr);
  for (Subscriber* subscriber : table_.all()) delete subscriber;
}

void Router::set_policies(std::uint32_t name_space, std::shared_ptr<Policies> policies) {
  policies_[name_space] = std::move(policies);
  forget_decisions();
}

std::int32_t Router::namespace_index(std::string_view name) const noexcept {
  for (const auto& space : all_.namespaces) {
    if (space->name == name) return static_cast<std::int32_t>(space->index);
  }
  return -1;
}

// ---- publishing

bool Router::may_receive(Authorization& authorization, const Subscriber& subscriber, std::string_view topic) {
  const IdentityPtr identity = subscriber.identity_anywhere();
  return !identity || authorization.allowed(TRELLIS_ACTION_RECEIVE, *identity, subscriber.name(), topic);
}

trellis_status Router::may_publish(std::uint32_t index, const Publisher& publisher, std::string_view topic) {
  if (!valid_topic_name(topic)) return TRELLIS_INVALID;
  if (publisher.broker) return TRELLIS_OK;
  if (topic[0] == '$' || publisher.identity == nullptr) return TRELLIS_NOT_AUTHORIZED;
  Authorization& authorization = policies_[index]->authorization;
  const bool allowed = authorization.allows_all() ||
                       authorization.allowed(TRELLIS_ACTION_PUBLISH, *publisher.identity, publisher.name, topic);
  return allowed ? TRELLIS_OK : TRELLIS_NOT_AUTHORIZED;
}

void Router::publish(std::uint32_t index, const Publisher& publisher, const trellis_publication* messages,
                     trellis_status* results, std::uint32_t count) {
  for (std::uint32_t done = 0; done < count; done += kBatch) {
    publish_batch(index, publisher, messages + done, results + done, std::min(kBatch, count - done));
  }
}

void Router::publish_batch(std::uint32_t index, const Publisher& publisher, const trellis_publication* messages,
                           trellis_status* results, std::uint32_t count) {
  Namespace& space = name_space(index);
  // Raw storage: making 128 messages to use one would cost more than routing it.
  alignas(Message) std::byte storage[kBatch * sizeof(Message)];
  auto* const borrowed = reinterpret_cast<Message*>(storage);
  const Message* admitted[kBatch] = {};
  std::uint32_t places[kBatch];
  std::uint32_t ready = 0;
  const std::string_view identity = publisher.identity != nullptr ? publisher.identity->name() : std::string_view();
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool repeated = i > 0 && text_of(messages[i].topic) == text_of(messages[i - 1].topic);
    const trellis_status status = repeated ? results[i - 1] : may_publish(index, publisher, text_of(messages[i].topic));
    results[i] = status;
    if (status != TRELLIS_OK) continue;
    auto* message = new (borrowed + ready) Message;
    message->borrow(messages[i], shard_.wall_ms(), publisher.name, identity, publisher.origin);
    places[ready] = i;
    admitted[ready++] = message;
  }
  trellis_status statuses[kBatch];
  const FilterChain& stages = policies_[index]->on_publish;
  if (stages.empty()) {
    route(space, admitted, statuses, ready);
    for (std::uint32_t i = 0; i < ready; ++i) results[places[i]] = statuses[i];
  } else {
    const trellis_identity* facts = publisher.identity != nullptr ? &publisher.identity->facts() : nullptr;
    const auto left = stages.run(admitted, ready, shard_.wall_ms(), facts);
    shard_.count(space.filtered_publish, left.dropped);
    for (std::uint32_t i = 0; i < ready; ++i) results[places[i]] = TRELLIS_DROPPED;
    for (std::size_t done = 0; done < left.out.size(); done += kBatch) {
      const auto part = static_cast<std::uint32_t>(std::min<std::size_t>(kBatch, left.out.size() - done));
      route(space, left.out.data() + done, statuses, part);
      for (std::uint32_t i = 0; i < part; ++i) {
        if (left.origin[done + i] != SIZE_MAX) results[places[left.origin[done + i]]] = statuses[i];
      }
    }
  }
  for (std::uint32_t i = 0; i < ready; ++i) borrowed[i].~Message();
  std::uint32_t refused = 0;
  for (std::uint32_t i = 0; i < count; ++i)
    refused += results[i] >= TRELLIS_NOT_AUTHORIZED && results[i] != TRELLIS_DROPPED;
  shard_.count(space.published, count - refused);
  if (refused > 0) shard_.count(space.refused, refused);
}

// Messages of one topic that follow each other go the whole way together.
void Router::route(Namespace& space, const Message* const* messages, trellis_status* results, std::uint32_t count) {
  for (std::uint32_t first = 0; first < count;) {
    std::uint32_t end = first + 1;
    const std::string_view topic = messages[first]->topic();
    while (end < count && !messages[end]->retain() && messages[end]->topic() == topic) ++end;
    results[first] = TRELLIS_OK;
    Promises promises;
    if (space.refusing.load(std::memory_order_relaxed) != 0) {
      const std::uint32_t taken = accepted(space, messages + first, end - first, promises);
      if (taken == 0) results[first] = TRELLIS_QUOTA;
      end = first + std::max(taken, 1u);
    }
    if (results[first] == TRELLIS_OK && messages[first]->retain()) results[first] = retain(space, *messages[first]);
    if (results[first] != TRELLIS_OK) {
      ++first;
      continue;
    }
    MatchedTopic own;
    const trellis_status status = route_to(space, receivers_of(space, topic, own), messages + first, end - first);
    promises.hand_over(outgoing_, shard_.index());
    std::fill(results + first, results + end, status);
    first = end;
  }
}

// What the broker says of itself it says anew.
std::uint32_t Router::retained_level(const Namespace& space, std::string_view topic) const noexcept {
  if (!keeper_.has_store() || topic.starts_with('$')) return TRELLIS_DURABILITY_VOLATILE;
  return policies_[space.index]->durability.of_retained(topic);
}

void Router::keep_retained_as_now(Namespace& space, const Durability& before) {
  for (const MessagePtr& message : space.retained.find("#", INT64_MIN).messages) {
    const std::string_view topic = message->topic();
    const std::uint32_t level = retained_level(space, topic);
    const bool was_kept = before.of_retained(topic) > TRELLIS_DURABILITY_VOLATILE;
    if (was_kept == (level > TRELLIS_DURABILITY_VOLATILE)) continue;
    const std::string key = Retained::key(space.name, topic);
    was_kept ? keeper_.remove(TRELLIS_DURABILITY_WRITTEN, key) : keeper_.put(level, key, *message);
  }
}

trellis_status Router::retain(Namespace& space, const Message& message) {
  const std::uint32_t level = retained_level(space, message.topic());
  if (level <= TRELLIS_DURABILITY_VOLATILE) return space.retained.store(message) ? TRELLIS_OK : TRELLIS_QUOTA;
  const std::string key = Retained::key(space.name, message.topic());
  if (key.size() > TRELLIS_STORE_MOST_KEY) return TRELLIS_TOO_LARGE;
  const bool cleared = message.payload().empty();
  if (!cleared && keeper_.refuses()) return TRELLIS_UNAVAILABLE;
  if (!space.retained.store(message)) return TRELLIS_QUOTA;
  cleared ? keeper_.remove(level, key) : keeper_.put(level, key, message);
  return TRELLIS_OK;
}

const MatchedTopic& Router::receivers_of(Namespace& space, std::string_view topic, MatchedTopic& own) {
  if (routing_ == 0) return *matched(space, topic);
  // A receiver publishes while it is being delivered to: what is remembered is in use and must not change.
  fill(space, topic, own);
  return own;
}

trellis_status Router::route_to(Namespace& space, const MatchedTopic& matched, const Message* const* run,
                                std::uint32_t count) {
  if (matched.nobody()) {
    shard_.count(space.unmatched, count);
    return TRELLIS_NO_MATCH;
  }
  const auto lasts = [](const Message* message) { return message->qos() > 0; };
  if (matched.keeps && keeper_.would_wait() && std::any_of(run, run + count, lasts) && keeper_.refuses())
    return TRELLIS_UNAVAILABLE;
  KeptBodies bodies;
  bodies.level = matched.level;
  for (std::uint64_t others = matched.other_shards; others != 0; others &= others - 1) {
    const auto other = static_cast<std::uint32_t>(__builtin_ctzll(others));
    const bool keeps = (matched.other_keeps >> other & 1) != 0;
    hand_over(other, {.name_space = space.index}, run, count, keeps ? &bodies : nullptr);
  }
  ++routing_;
  for (const MatchedGroup& group : matched.groups) offer_to_group(space, matched, group, run, count);
  offer_local(space, matched, run, count, bodies);
  --routing_;
  return TRELLIS_OK;
}

MatchedTopic* Router::matched(Namespace& space, std::string_view topic) {
  MatchedTopic& slot = cache_.slot(space.index, topic);
  const std::uint64_t generation =
      space.subscriptions.generation_of(topic) + all_.decisions.load(std::memory_order_acquire);
  if (slot.generation != generation || !slot.is(space.index, topic)) {
    slot.generation = generation;
    fill(space, topic, slot);
    cache_.filled(slot);
  }
  return &slot;
}

void Router::fill(Namespace& space, std::string_view topic, MatchedTopic& slot) {
  slot.name_space = space.index;
  slot.topic.assign(topic);
  slot.receivers.clear();
  slot.identifiers.clear();
  slot.groups.clear();
  slot.allowed.clear();
  slot.other_shards = slot.other_keeps = 0;
  slot.keeps = false;
  slot.level = 0;
  Authorization& authorization = policies_[space.index]->authorization;
  slot.judged = authorization.judges_receive();
  struct Found {
    Subscriber* subscriber;
    const IndexedSubscription* as;
  };
  thread_local std::vector<Found> found;
  found.clear();
  const auto note_kept = [&](const Subscriber& subscriber) {
    const KeptQueue* const kept = subscriber.kept();
    slot.keeps = slot.keeps || kept != nullptr;
    if (kept != nullptr) slot.level = std::max(slot.level, kept->level());
  };
  space.subscriptions.match(
      topic,
      [&](const SubscriptionList& list) {
        list.for_each([&](Subscriber& subscriber, const IndexedSubscription& as) {
          const bool keeps = subscriber.kept() != nullptr;
          note_kept(subscriber);
          if (as.shard == shard_.index()) {
            found.push_back({&subscriber, &as});
          } else {
            slot.other_shards |= std::uint64_t{1} << as.shard;
            slot.other_keeps |= std::uint64_t{keeps} << as.shard;
          }
        });
      },
      [&](SharedGroup& group) {
        const auto first = static_cast<std::uint32_t>(slot.allowed.size());
        group.members.for_each(
            [&](const Subscriber& subscriber, const IndexedSubscription&) { note_kept(subscriber); });
        if (slot.judged) {
          group.members.for_each([&](const Subscriber& subscriber, const IndexedSubscription&) {
            if (may_receive(authorization, subscriber, topic)) slot.allowed.push_back(&subscriber);
          });
          std::sort(slot.allowed.begin() + first, slot.allowed.end());
        }
        const auto count = static_cast<std::uint32_t>(slot.allowed.size()) - first;
        if (count > 0 || !slot.judged) slot.groups.push_back({&group, first, count});
      });
  if (const std::uint32_t ruled = policies_[space.index]->durability.ruled(topic); ruled != 0) slot.level = ruled;
  if (slot.level == TRELLIS_DURABILITY_VOLATILE) {
    slot.keeps = false;
    slot.other_keeps = 0;
  }
  // Overlapping subscriptions of one subscriber are one delivery with everything they grant.
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tuple(a.subscriber->id(), a.as->identifier) < std::tuple(b.subscriber->id(), b.as->identifier);
  });
  for (std::size_t i = 0; i < found.size();) {
    Subscriber& subscriber = *found[i].subscriber;
    Receiver receiver{&subscriber, static_cast<std::uint32_t>(slot.identifiers.size()), 0, 0, true, false};
    for (; i < found.size() && found[i].subscriber == &subscriber; ++i) {
      const IndexedSubscription& as = *found[i].as;
      receiver.qos = std::max(receiver.qos, as.qos);
      receiver.no_local = receiver.no_local && as.no_local;
      receiver.retain_as_published = receiver.retain_as_published || as.retain_as_published;
      if (as.identifier == 0) continue;
      slot.identifiers.push_back(as.identifier);
      ++receiver.identifier_count;
    }
    if (!slot.judged || may_receive(authorization, subscriber, topic)) slot.receivers.push_back(receiver);
  }
}

bool Router::filter(Namespace& space, const Message* const*& run, std::uint32_t& count, FilterChain::Result& left) {
  const FilterChain& stages = policies_[space.index]->on_deliver;
  if (stages.empty()) return true;
  left = stages.run(run, count, shard_.wall_ms());
  shard_.count(space.filtered_deliver, left.dropped);
  run = left.out.data();
  count = static_cast<std::uint32_t>(left.out.size());
  return count > 0;
}

Grant Router::grant_of(const MatchedTopic& matched, const Receiver& receiver) noexcept {
  return {matched.identifiers.data() + receiver.first_identifier,
          receiver.identifier_count,
          0,
          receiver.qos,
          receiver.no_local,
          receiver.retain_as_published};
}

void Router::offer_local(Namespace& space, const MatchedTopic& matched, const Message* const* run, std::uint32_t count,
                         KeptBodies& bodies) {
  FilterChain::Result left;
  const Message* const* const before = run;
  if (matched.receivers.empty() || !filter(space, run, count, left)) return;
  KeptBodies filtered;
  filtered.level = bodies.level;
  KeptBodies& used = run == before ? bodies : filtered;
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) bytes += run[i]->bytes();
  // With many receivers the output of all would leave the cache before the end of the turn: send it while it is hot.
  const bool early = count >= kEarlyRun && bytes * matched.receivers.size() > kEarlyBytes;
  for (const Receiver& receiver : matched.receivers) {
    Subscriber& subscriber = *receiver.subscriber;
    subscriber.offer(run, count, grant_of(matched, receiver), used);
    if (early && subscriber.connection() != nullptr) subscriber.connection()->flush_early();
  }
}

// ---- what is kept, and what nobody takes

void Router::sweep_retained() {
  publish_dead_letters();  // what is told of them goes with what settled them
  // The store hears of it before anybody can retain something new there, so that it does not take that away.
  for (const auto& space : all_.namespaces) {
    const auto gone = [&](const Message& message) {
      keeper_.remove(retained_level(*space, message.topic()), Retained::key(space->name, message.topic()));
    };
    space->retained.sweep(shard_.wall_ms(), gone, [&] { keeper_.write(); });
  }
}

// One message that waits for many is kept once: what is really kept has the last word.
bool Router::away_full() {
  const std::int64_t limit = all_.away_limit.load(std::memory_order_relaxed);
  return all_.away_bytes.load(std::memory_order_relaxed) > limit && kept_bytes() > limit;
}

// What nobody subscribed to yet was decided for nobody.
void Router::identity_changed(const Subscriber& subscriber) {
  if (subscriber.subscriptions.empty()) return;
  if (policies(subscriber.name_space()).authorization.judges_receive()) forget_decisions();
}

bool Router::dead_letter(Subscriber& from, const Message& message, std::string_view reason) {
  const std::string& topic = policies_[from.name_space()]->dead_letter_topic;
  if (topic.empty() || message.topic() == topic) return false;
  std::vector<trellis_pair> properties(message.facts().user_properties,
                                       message.facts().user_properties + message.facts().user_property_count);
  properties.push_back({view_of("dead-letter-reason"), view_of(reason)});
  properties.push_back({view_of("dead-letter-topic"), message.facts().topic});
  const std::string_view subscriber = std::string_view(from.name()).substr(from.name().starts_with(kBrokersOwn));
  properties.push_back({view_of("dead-letter-subscriber"), view_of(subscriber)});
  trellis_publication publication = publication_of(message);
  publication.flags &= ~static_cast<std::uint32_t>(TRELLIS_MESSAGE_RETAIN | TRELLIS_MESSAGE_HAS_EXPIRY);
  publication.topic = view_of(topic);
  publication.user_properties = properties.data();
  publication.user_property_count = static_cast<std::uint32_t>(properties.size());
  // Not now: whoever drops a message may be in the middle of routing another.
  dead_letters_.push_back({make_message(publication, shard_.wall_ms(), {}, {}, 0), from.name_space()});
  shard_.defer(Phase::pump, burial_);
  return true;
}

void Router::publish_dead_letters() {
  Publisher broker;
  broker.broker = true;
  for (const DeadLetter& letter : std::exchange(dead_letters_, {})) {
    const trellis_publication publication = publication_of(*letter.message);
    trellis_status result = TRELLIS_STATUS_UNSET;
    publish(letter.name_space, broker, &publication, &result, 1);
  }
}

}  // namespace trellis::kernel
