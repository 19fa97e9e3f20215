// The tables that need more than the plugin room: publish, subscribers, identities, services, handlers, stages.

#include <trellis/abi/connection.h>
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/queue.h>
#include <trellis/abi/subscriber.h>

#include <algorithm>
#include <cstring>
#include <trellis/connections/layers.hpp>
#include <trellis/runtime/certificates.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/runtime/views.hpp>

#include "app/shard_context.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

ShardContext& context_of(Connection& connection) {
  return static_cast<ListenerEndpoint&>(connection.endpoint()).home();
}
ShardContext& context_of(trellis_shard* shard) { return ShardContext::of(*static_cast<Shard*>(shard)); }
ShardContext& context_of(Subscriber& subscriber) { return ShardContext::of(subscriber.shard()); }

// Calls a function with the shard that waits for an answer: its index is in the token's highest byte. A token that
// never was is counted on the first one. False where no shards run, under `trellis check`.
template <auto Function, typename... Arguments>
bool answer(trellis_host* host, trellis_token token, Arguments... arguments) {
  const Instance& from = Instance::of(host);
  const auto& shards = from.services().shards;
  const std::size_t index = token >> 56;
  return !shards.empty() && Function(*shards[index < shards.size() ? index : 0], from, token, arguments...);
}

// What was answered on another thread: its views die with the call.
template <typename Facts>
struct Kept {
  explicit Kept(const Facts& from) : facts(from) {}
  Facts facts;
  KeptTexts texts;
};

// ---- publish

Publisher publisher_of(Connection& connection) {
  Publisher publisher;
  publisher.identity = connection.identity().get();
  // Whoever has a session is known by it; others by their identity.
  if (auto* subscriber = static_cast<Subscriber*>(connection.output_listener())) {
    publisher.name = subscriber->name();
    publisher.origin = subscriber->id();
  }
  return publisher;
}

void publish(trellis_connection* handle, const trellis_publication* messages, trellis_status* results,
             std::uint32_t count) {
  Connection& connection = Connection::of(handle);
  connection.mark_publisher();
  ShardContext& context = context_of(connection);
  const Keeper::Mark mark = context.keeper.mark();
  context.router.publish(connection.endpoint().name_space, publisher_of(connection), messages, results, count);
  if (const auto* subscriber = static_cast<Subscriber*>(connection.output_listener())) {
    KeptQueue* const kept = subscriber->kept();
    for (std::uint32_t i = 0; kept != nullptr && i < count; ++i) {
      const bool taken = results[i] < TRELLIS_NOT_AUTHORIZED || results[i] == TRELLIS_DROPPED;
      if (messages[i].mark != 0 && taken) kept->mark(messages[i].mark);
    }
  }
  context.keeper.hold(connection, mark);  // the answers, which come next
}

void publish_as(trellis_shard* shard, trellis_view name_space, trellis_view name, trellis_view identity_name,
                const trellis_publication* messages, trellis_status* results, std::uint32_t count) {
  ShardContext& context = context_of(shard);
  const std::int32_t index = context.router.namespace_index(text_of(name_space));
  if (index < 0) {
    std::fill(results, results + count, static_cast<trellis_status>(TRELLIS_INVALID));
    return;
  }
  const IdentityPtr identity(new Identity(text_of(identity_name), "", nullptr, 0, 0));
  Publisher publisher;
  publisher.name = text_of(name);
  publisher.identity = identity.get();
  publisher.broker = true;
  context.router.publish(static_cast<std::uint32_t>(index), publisher, messages, results, count);
}

trellis_status may_publish(trellis_connection* handle, trellis_view name, trellis_view topic) {
  Connection& connection = Connection::of(handle);
  Publisher publisher = publisher_of(connection);
  if (name.size != 0) publisher.name = text_of(name);
  return context_of(connection).router.may_publish(connection.endpoint().name_space, publisher, text_of(topic));
}

// ---- subscribers

// A subscriber belongs to whoever was first: another identity neither resumes nor discards it.
bool same_owner(const Subscriber& existing, trellis_connection* connection) {
  if (connection == nullptr || !existing.identity()) return true;
  const IdentityPtr& asks = Connection::of(connection).identity();
  return asks && asks->name() == existing.identity()->name();
}

trellis_status open_subscriber(trellis_shard* shard, const trellis_subscriber_options* given,
                               const trellis_receiver* receiver, void* user, trellis_subscriber** handle) {
  trellis_subscriber_options filled{};
  std::memcpy(&filled, given, std::min<std::size_t>(given->struct_size, sizeof filled));
  const trellis_subscriber_options* const options = &filled;
  ShardContext& context = context_of(shard);
  Router& router = context.router;
  const bool fresh = (options->flags & TRELLIS_SUBSCRIBER_FRESH) != 0;
  const bool to_be_kept = options->owner != nullptr && options->expiry_ms != 0 && context.keeper.has_store();
  const bool own = (options->flags & TRELLIS_SUBSCRIBER_OWN) != 0;
  if (text_of(options->name).starts_with(kBrokersOwn) != own || (own && options->connection != nullptr) ||
      (to_be_kept && !router.can_keep(options->name_space, text_of(options->name)))) {
    return TRELLIS_INVALID;
  }
  const Keeper::Mark mark = context.keeper.mark();
  Subscriber* existing = router.subscribers().find(options->name_space, text_of(options->name));
  if (existing != nullptr && existing->ended()) {
    router.end(*existing, existing->ended_reason());
    existing = nullptr;
  }
  if (own && existing == nullptr) {
    const Homes::Key name = Homes::key(options->name_space, text_of(options->name));
    const bool elsewhere = router.homes().hold(name, context.shard.index()) != context.shard.index();
    router.homes().release(name);
    if (elsewhere) return TRELLIS_UNAVAILABLE;
  }
  if (existing != nullptr && !same_owner(*existing, options->connection)) return TRELLIS_NOT_AUTHORIZED;
  // It would be told nothing until there is room, and those who come back behind it neither, who would make that.
  if (existing == nullptr && to_be_kept && options->connection != nullptr && context.keeper.would_wait() &&
      context.keeper.refuses())
    return TRELLIS_UNAVAILABLE;
  // Whoever comes back adds none to its name's.
  const std::uint64_t most_of_name = existing == nullptr ? options->subscribers_of_name : 0;
  if (existing != nullptr) {
    const bool goes_on = existing->receiver()->on_taken(existing->receiver_shard(), existing->user(), fresh);
    context.shard.count(context.metrics.takeovers, 1);
    if (fresh || !goes_on) {
      router.close(*existing);
      existing = nullptr;
    } else {
      if (existing->attached()) existing->detach(UINT64_MAX);
      router.change_limits(*existing, options->limits);
    }
  }
  // Shards that open one at the same moment may exceed it by one each.
  if (existing == nullptr && options->subscribers != 0 &&
      router.name_space(options->name_space).subscribers >= options->subscribers) {
    return TRELLIS_QUOTA;
  }
  Homes::Key owner = 0;
  if (existing == nullptr && options->connection != nullptr) {
    const IdentityPtr& identity = Connection::of(options->connection).identity();
    if (identity && !identity->name().empty()) owner = Homes::key(options->name_space, identity->name());
    if (owner != 0 && !router.owners().hold_up_to(
                          owner, static_cast<std::uint32_t>(std::min<std::uint64_t>(most_of_name, UINT32_MAX))))
      return TRELLIS_QUOTA;
  }
  Subscriber& subscriber = existing != nullptr
                               ? *existing
                               : router.open(options->name_space, text_of(options->name), options->limits, owner);
  // What its client was not told since then, and what could not be kept, is as if it had never been sent.
  if (std::exchange(subscriber.failures_seen, context.keeper.failures()) != context.keeper.failures())
    subscriber.memo.reset();
  subscriber.set_receiver(receiver, options->receiver_shard, user);
  subscriber.set_window_bytes(options->window_bytes);
  if (existing == nullptr && to_be_kept)
    router.keep(subscriber, Instance::of(options->owner).name(), options->expiry_ms);
  if (KeptQueue* const kept = subscriber.kept()) kept->expiry_ms = options->expiry_ms;
  subscriber.touch();
  if (options->connection != nullptr) {
    Connection& connection = Connection::of(options->connection);
    if (existing != nullptr) context.keeper.hold_behind_all(connection);
    context.keeper.hold(connection, mark);
  }
  *handle = &subscriber;
  return existing != nullptr ? TRELLIS_EXISTED : TRELLIS_OK;
}

void close_subscriber(trellis_subscriber* handle) {
  Subscriber& subscriber = Subscriber::of(handle);
  context_of(subscriber).router.close(subscriber);
}

void attach(trellis_subscriber* handle, trellis_connection* connection, std::uint32_t window) {
  Subscriber& subscriber = Subscriber::of(handle);
  if (connection == nullptr) return subscriber.attach(nullptr, window);
  const bool same = subscriber.identity() == Connection::of(connection).identity();
  subscriber.attach(&Connection::of(connection), window);
  if (same) return;
  ShardContext& context = context_of(subscriber);
  context.router.identity_changed(subscriber);
  // What it may not have any more goes before anything of it is sent.
  std::optional<Subscriber::Held> behind;
  std::size_t questions = 1024;
  if (!context.router.still_may(subscriber, behind, questions)) subscriber.drop_unmatched();
  if (behind) context.recheck.start(subscriber);
}

// Changes something of a subscriber. What its client is told next waits until the store has that.
template <typename Change>
auto change(trellis_subscriber* handle, Change&& change) {
  Subscriber& subscriber = Subscriber::of(handle);
  ShardContext& context = context_of(subscriber);
  const Keeper::Mark mark = context.keeper.mark();
  const auto answer = change(subscriber, context.router);
  if (subscriber.kept() != nullptr && subscriber.connection() != nullptr)
    context.keeper.hold(*subscriber.connection(), mark);
  return answer;
}

trellis_status subscribe(trellis_subscriber* handle, const trellis_subscription* subscription) {
  return change(handle,
                [&](Subscriber& subscriber, Router& router) { return router.subscribe(subscriber, *subscription); });
}

trellis_status unsubscribe(trellis_subscriber* handle, trellis_view filter, trellis_view group) {
  return change(handle, [&](Subscriber& subscriber, Router& router) {
    return router.unsubscribe(subscriber, text_of(filter), text_of(group));
  });
}

// What was received, or is under way, exactly once must be so after a crash before the other side goes on.
trellis_status settle(trellis_subscriber* handle, std::uint64_t lease, std::uint32_t outcome) {
  if (outcome != TRELLIS_SETTLE_RECEIVED) return Subscriber::of(handle).settle(lease, outcome);
  return change(handle, [&](Subscriber& subscriber, Router&) { return subscriber.settle(lease, outcome); });
}

void set_tag(trellis_subscriber* handle, std::uint64_t lease, std::uint64_t tag) {
  Subscriber& subscriber = Subscriber::of(handle);
  Keeper& keeper = context_of(subscriber).keeper;
  const Keeper::Mark mark = keeper.mark();
  if (subscriber.set_tag(lease, tag) && subscriber.connection() != nullptr) keeper.hold(*subscriber.connection(), mark);
}

void unmark(trellis_subscriber* handle, std::uint32_t mark) {
  change(handle, [&](Subscriber& subscriber, Router&) {
    if (subscriber.kept() != nullptr) subscriber.kept()->unmark(mark);
    return true;
  });
}

void set_memo(trellis_subscriber* handle, trellis_view memo) {
  Subscriber& subscriber = Subscriber::of(handle);
  subscriber.memo = memo.size == 0 ? nullptr : std::make_unique<std::string>(text_of(memo));
  subscriber.touch();
}

trellis_view memo(const trellis_subscriber* handle) {
  const auto& kept = Subscriber::of(handle).memo;
  return kept == nullptr ? trellis_view{nullptr, 0} : view_of(*kept);
}

void stats(const trellis_subscriber* handle, trellis_subscriber_stats* stats) {
  const Subscriber& subscriber = Subscriber::of(handle);
  stats->subscriptions = static_cast<std::uint32_t>(subscriber.subscriptions.size());
  stats->queued = subscriber.queued();
  stats->queued_bytes = subscriber.queued_bytes();
  stats->leased = static_cast<std::uint32_t>(subscriber.queue().leased());
  stats->window = subscriber.window();
  if (stats->struct_size < sizeof *stats) return;  // built before the rest was there
  stats->kept = subscriber.kept() != nullptr ? 1 : 0;
  stats->replaying = subscriber.replaying != nullptr ? 1 : 0;
}

// ---- identities

bool complete(Shard& shard, const Instance&, trellis_token token, const trellis_auth_answer* given) {
  auto kept = std::make_shared<Kept<trellis_auth_answer>>(*given);
  trellis_auth_answer& facts = kept->facts;
  for (trellis_view* view : {&facts.reason, &facts.name, &facts.data}) *view = kept->texts.keep(*view);
  facts.attributes = kept->texts.keep(facts.attributes, facts.attribute_count);
  shard.post([kept, token, &shard] { ShardContext::of(shard).authentication.complete(token, kept->facts); });
  return true;
}

void authenticate(trellis_connection* handle, const trellis_credentials* credentials) {
  Connection& connection = Connection::of(handle);
  ShardContext& context = context_of(connection);
  const std::uint32_t name_space = connection.endpoint().name_space;
  trellis_credentials filled = *credentials;
  if (filled.client_id.size == 0) filled.client_id = view_of(publisher_of(connection).name);
  filled.name_space = view_of(context.router.name_space(name_space).name);
  filled.listener = view_of(connection.endpoint().listener->name);
  bool verified = false;
  const std::string chain(connection.layers() == nullptr ? "" : connection.layers()->client_chain(verified));
  const std::vector<trellis_view> certificates = split_certificates(chain);
  filled.certificates = certificates.data();
  filled.certificate_count = static_cast<std::uint32_t>(certificates.size());
  if (verified && !certificates.empty()) filled.flags |= TRELLIS_CREDENTIALS_CERTIFICATE_VERIFIED;
  if (connection.client_is_local()) filled.flags |= TRELLIS_CREDENTIALS_LOOPBACK;
  char peer[PeerAddress::kTextBytes];
  filled.peer = view_of(connection.client(peer));
  context.authentication.ask(connection, context.chains[name_space], filled);
}

const trellis_identity* identity_of(const trellis_connection* handle) {
  const IdentityPtr& identity = Connection::of(handle).identity();
  return identity ? &identity->facts() : nullptr;
}

// ---- services

bool respond(Shard& shard, const Instance& from, trellis_token token, const trellis_response* response) {
  if (Shard::current() == &shard) return ShardContext::of(shard).requests.respond(token, *response, from.name());
  auto kept = std::make_shared<Kept<trellis_response>>(*response);
  kept->facts.body = kept->texts.keep(response->body);
  kept->facts.headers = kept->texts.keep(response->headers, response->header_count);
  shard.post(
      [kept, token, &shard, &from] { ShardContext::of(shard).requests.respond(token, kept->facts, from.name()); });
  return true;
}

bool extend(Shard& shard, const Instance&, trellis_token token, std::uint64_t deadline_ms) {
  return Shard::current() == &shard && ShardContext::of(shard).requests.extend(token, deadline_ms);
}

// ---- handlers

bool settle_delivery(Shard& shard, const Instance&, trellis_token token, const trellis_delivery_result* result) {
  const auto settle = [&shard, token](const trellis_delivery_result& told) {
    ShardContext& context = ShardContext::of(shard);
    auto& waiting = context.expected_deliveries;
    const auto expected = told.outcome == TRELLIS_DELIVERY_AWAITED
                              ? waiting.prolong(token, std::min<std::uint64_t>(told.retry_ms, TRELLIS_AWAITED_MOST_MS))
                              : waiting.take(token);
    if (expected) {
      expected->settled(expected->user, expected->what, &told);
    } else {
      shard.count(context.metrics.deliveries_late, 1);
    }
    return expected.has_value();
  };
  if (Shard::current() == &shard) return settle(*result);
  shard.post([settle, facts = *result, why = std::string(text_of(result->reason))]() mutable {
    facts.reason = view_of(why);
    settle(facts);
  });
  return true;
}

trellis_token expect_delivery(trellis_shard* shard, std::uint64_t deadline_ms, trellis_settled_fn settled, void* user,
                              std::uint64_t what) {
  return context_of(shard).expected_deliveries.add(deadline_ms, {settled, user, what});
}

void forget_deliveries(trellis_shard* shard, void* user) {
  context_of(shard).expected_deliveries.forget_if([user](const ExpectedDelivery& one) { return one.user == user; });
}

// ---- dialling

trellis_token dial(trellis_host* host, trellis_shard* shard, const trellis_dial_target* target,
                   const trellis_protocol* protocol, void* user, trellis_dial_failed_fn failed) {
  trellis_dial_target filled{};
  std::memcpy(&filled, target, std::min<std::size_t>(target->struct_size, sizeof filled));
  return context_of(shard).dials.dial(Instance::of(host), filled, *protocol, user, failed);
}

constexpr trellis_host_dial kDial{
    sizeof(trellis_host_dial), &dial,
    [](trellis_shard* shard, trellis_token token) { return context_of(shard).dials.cancel(token); },
    [](trellis_host* host, trellis_shard* shard, trellis_view name, void* user, trellis_texts_fn answer) {
      return context_of(shard).dials.lookup_texts(Instance::of(host), text_of(name), user, answer);
    }};
constexpr trellis_host_publish kPublish{sizeof(trellis_host_publish), &publish, &publish_as, &may_publish};
constexpr trellis_host_subscriber kSubscriber{
    sizeof(trellis_host_subscriber),
    [](trellis_connection* c, trellis_view name) { return Connection::of(c).home(text_of(name)); },
    &open_subscriber,
    &close_subscriber,
    &attach,
    [](trellis_subscriber* s, std::uint64_t expiry_ms) { Subscriber::of(s).detach(expiry_ms); },
    &subscribe,
    &unsubscribe,
    &settle,
    &set_tag,
    [](trellis_subscriber* s, std::uint32_t count) { Subscriber::of(s).count_discarded(count); },
    &set_memo,
    &memo,
    &stats,
    [](trellis_subscriber* s, std::uint64_t delay_ms) { Subscriber::of(s).hold(delay_ms); },
    &unmark};
constexpr trellis_host_identity kIdentity{sizeof(trellis_host_identity),
                                          &answer<&complete, const trellis_auth_answer*>,
                                          &authenticate,
                                          &identity_of,
                                          &revoke_clients,
                                          &admit_client};
constexpr trellis_host_service kService{sizeof(trellis_host_service), &answer<&respond, const trellis_response*>,
                                        &dispatch_request, &answer<&extend, std::uint64_t>};
constexpr trellis_host_handler kHandler{sizeof(trellis_host_handler),
                                        &answer<&settle_delivery, const trellis_delivery_result*>, &expect_delivery,
                                        &forget_deliveries};

}  // namespace

void add_broker_tables(HostServices& services) {
  services.tables[TRELLIS_HOST_PUBLISH] = &kPublish;
  services.tables[TRELLIS_HOST_SUBSCRIBER] = &kSubscriber;
  services.tables[TRELLIS_HOST_IDENTITY] = &kIdentity;
  services.tables[TRELLIS_HOST_AUTHORIZER] = &authorizer_table();
  services.tables[TRELLIS_HOST_SERVICE] = &kService;
  services.tables[TRELLIS_HOST_HANDLER] = &kHandler;
  services.tables[TRELLIS_HOST_DIAL] = &kDial;
  services.tables[TRELLIS_HOST_QUEUE] = &queue_table();
  services.tables[TRELLIS_HOST_STAGE] = &stage_table();
  services.tables[TRELLIS_HOST_STORE] = &store_table();
}

}  // namespace trellis::kernel
