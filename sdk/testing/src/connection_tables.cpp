// What stages, protocols and layers call: batches, connections, subscribers.
#include "connection_tables.hpp"

#include <algorithm>
#include <optional>

namespace trellis::testing {
namespace {

// --- stages

FakeBatch& batch_of(trellis_batch* batch) { return *reinterpret_cast<FakeBatch*>(batch); }

bool is_topic(std::string_view topic) {
  return !topic.empty() && topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos;
}

trellis_status replace(trellis_batch* handle, std::uint32_t index, const trellis_publication* message) {
  const HostWork work;
  FakeBatch& batch = batch_of(handle);
  if (index >= batch.outcomes.size()) {
    batch.world->violation("stage.replace of message " + std::to_string(index) + " of " +
                           std::to_string(batch.outcomes.size()));
    return TRELLIS_INVALID;
  }
  if (!is_topic(text(message->topic))) return TRELLIS_INVALID;
  batch.outcomes[index].replacement = Sample::of(*message);
  return TRELLIS_OK;
}

trellis_status copy(trellis_batch* handle, const trellis_publication* message) {
  const HostWork work;
  if (!is_topic(text(message->topic))) return TRELLIS_INVALID;
  batch_of(handle).copies.push_back(Sample::of(*message));
  return TRELLIS_OK;
}

trellis_view batch_namespace(const trellis_batch* handle) {
  return view(reinterpret_cast<const FakeBatch*>(handle)->name_space);
}

const trellis_identity* batch_publisher(const trellis_batch* handle) {
  return reinterpret_cast<const FakeBatch*>(handle)->publisher;
}

constexpr trellis_host_stage kStage{sizeof(trellis_host_stage), &replace, &copy, &batch_namespace, &batch_publisher};

// --- connections

/// Every call but commit() ends a reservation.
FakeConnection& entered(trellis_connection* handle, std::string_view function) {
  FakeConnection& connection = connection_of(handle);
  connection.world->expect_shard(function, connection.world->shards[connection.shard].get());
  connection.reserved.clear();
  return connection;
}

void append(FakeConnection& connection, const void* data, std::size_t size) {
  if (connection.closing || !connection.open || size == 0) return;
  connection.output.append(static_cast<const char*>(data), size);
}

void info(const trellis_connection* handle, trellis_connection_info* out) {
  const FakeConnection& connection = connection_of(handle);
  *out = {sizeof(trellis_connection_info),
          connection.flags,
          connection.name_space,
          connection.id,
          view(connection.listener),
          view(connection.peer),
          view(connection.host),
          connection.port,
          view(connection.alpn)};
}

std::uint8_t* reserve(trellis_connection* handle, std::size_t size) {
  FakeConnection& connection = entered(handle, "connection.reserve");
  connection.reserved.assign(std::max<std::size_t>(size, 1), '\xDD');
  return reinterpret_cast<std::uint8_t*>(connection.reserved.data());
}

void commit(trellis_connection* handle, std::size_t size) {
  FakeConnection& connection = connection_of(handle);
  if (size > connection.reserved.size()) {
    connection.world->violation("connection.commit of " + std::to_string(size) + " bytes, reserved are " +
                                std::to_string(connection.reserved.size()));
    size = connection.reserved.size();
  }
  append(connection, connection.reserved.data(), size);
  connection.reserved.clear();
}

void write(trellis_connection* handle, const void* data, std::size_t size) {
  append(entered(handle, "connection.write"), data, size);
}

void write_message(trellis_connection* handle, const trellis_message* message, trellis_view part) {
  FakeConnection& connection = entered(handle, "connection.write_message");
  const auto& fake = static_cast<const FakeMessage&>(*message);
  const bool inside = part.size == 0 || (part.data >= message->payload.data &&
                                         part.data + part.size <= message->payload.data + message->payload.size);
  if (!inside) connection.world->violation("connection.write_message with bytes outside the message's payload");
  if (fake.expired_borrow) connection.world->violation("connection.write_message of a message no longer valid");
  append(connection, part.data, part.size);
}

std::size_t unsent(const trellis_connection* handle) {
  const FakeConnection& connection = connection_of(handle);
  return connection.peer_stalled ? connection.output.size() : 0;
}

void close(trellis_connection* handle) { entered(handle, "connection.close").closing = true; }

void set_timer(trellis_connection* handle, std::uint64_t delay_ms) {
  FakeConnection& connection = entered(handle, "connection.set_timer");
  connection.timer_due_ms = delay_ms == 0 ? 0 : connection.world->now_ms + delay_ms;
}

std::uint64_t idle_ms(const trellis_connection* handle) {
  return connection_of(handle).world->now_ms - connection_of(handle).last_input_ms;
}

void move(trellis_connection* handle, std::uint32_t shard_index) {
  FakeConnection& connection = entered(handle, "connection.move");
  if (!connection.reading) connection.world->violation("connection.move outside on_bytes");
  if (shard_index >= connection.world->shards.size()) {
    return connection.world->violation("connection.move to shard " + std::to_string(shard_index));
  }
  connection.moving = true;
  connection.move_to = shard_index;
}

void pause(trellis_connection* handle, bool paused) {
  FakeConnection& connection = entered(handle, "connection.pause");
  connection.paused = paused;
  if (!paused) connection.fresh_input = true;
}

trellis_view fact(const trellis_connection* handle, trellis_view name) {
  FakeConnection& connection = entered(const_cast<trellis_connection*>(handle), "connection.fact");
  const auto found = connection.facts.find(std::string(text(name)));
  return found == connection.facts.end() ? trellis_view{nullptr, 0} : view(found->second);
}

bool restart(trellis_connection* handle, const void* data, std::size_t size) {
  FakeConnection& connection = entered(handle, "connection.restart");
  if (!connection.restarts) return false;
  connection.restarted.assign(static_cast<const char*>(data), size);
  connection.gone_on = true;
  return true;
}

constexpr trellis_host_connection kConnection{sizeof(trellis_host_connection),
                                              &info,
                                              &reserve,
                                              &commit,
                                              &write,
                                              &write_message,
                                              &unsent,
                                              &close,
                                              &set_timer,
                                              &idle_ms,
                                              &move,
                                              &pause,
                                              &fact,
                                              &restart};

// --- layers

void layer_up(trellis_connection* handle, const void* data, std::size_t size) {
  FakeConnection& connection = entered(handle, "layer_io.up");
  connection.raised.append(static_cast<const char*>(data), size);
}

void layer_down(trellis_connection* handle, const void* data, std::size_t size) {
  FakeConnection& connection = entered(handle, "layer_io.down");
  connection.output.append(static_cast<const char*>(data), size);
}

void layer_ready(trellis_connection* handle) {
  FakeConnection& connection = entered(handle, "layer_io.ready");
  connection.layer_ready = connection.dialled;
}

constexpr trellis_layer_io kLayerIo{sizeof(trellis_layer_io), &layer_up, &layer_down, &layer_ready};

// --- subscribers

FakeSubscriber& subscriber_of(trellis_subscriber* subscriber) { return *reinterpret_cast<FakeSubscriber*>(subscriber); }
const FakeSubscriber& subscriber_of(const trellis_subscriber* subscriber) {
  return *reinterpret_cast<const FakeSubscriber*>(subscriber);
}

FakeSubscriber& owned(trellis_subscriber* handle, std::string_view function) {
  FakeSubscriber& subscriber = subscriber_of(handle);
  subscriber.world->expect_shard(function, subscriber.world->shards[subscriber.shard].get());
  return subscriber;
}

/// Where the name lives: with its subscriber, or where a connection that asked was told. Nothing: nowhere.
std::optional<std::uint32_t> home_of(World& world, std::uint32_t name_space, std::string_view name) {
  if (const FakeSubscriber* subscriber = world.subscribers.find(name_space, name)) return subscriber->shard;
  for (const auto& one : world.connections) {
    if (one->open && one->name_space == name_space && one->home_name == name) return one->home;
  }
  return std::nullopt;
}

std::uint32_t home(trellis_connection* handle, trellis_view name) {
  FakeConnection& connection = entered(handle, "subscriber.home");
  const std::lock_guard lock(connection.world->mutex);
  const auto known = home_of(*connection.world, connection.name_space, text(name));
  connection.home = known.value_or(connection.shard);
  connection.home_name = text(name);
  return connection.home;
}

trellis_status open(trellis_shard* shard, const trellis_subscriber_options* options, const trellis_receiver* receiver,
                    void* user, trellis_subscriber** out) {
  FakeShard& fake = shard_of(shard);
  World& world = *fake.world;
  const std::lock_guard lock(world.mutex);
  world.expect_shard("subscriber.open", &fake);
  if (home_of(world, options->name_space, text(options->name)).value_or(fake.index) != fake.index) {
    world.violation("subscriber.open away from the name's home shard");
  }
  const std::string_view name = text(options->name);
  if (name.starts_with('\x01') != ((options->flags & TRELLIS_SUBSCRIBER_OWN) != 0)) return TRELLIS_INVALID;
  // The table is the instance's: the receiver's shard state is found through its owner, or the connection's plugin, of
  // which a TestHost for protocols has one.
  Instance* owner = options->owner == nullptr ? nullptr : handle_of(options->owner).instance;
  for (const auto& instance : world.instances) {
    if (owner == nullptr && instance->entry().descriptor->kind == TRELLIS_KIND_PROTOCOL) owner = instance.get();
  }
  FakeSubscriber made{};
  made.world = &world;
  made.instance = owner;
  made.receiver = receiver;
  made.user = user;
  made.shard = fake.index;
  made.name_space = options->name_space;
  made.options_window = options->window;
  made.limits = options->limits;
  made.name = text(options->name);
  FakeSubscriber* opened = nullptr;
  const auto status = world.subscribers.open(std::move(made), (options->flags & TRELLIS_SUBSCRIBER_FRESH) != 0, opened);
  *out = reinterpret_cast<trellis_subscriber*>(opened);
  return status;
}

void close_subscriber(trellis_subscriber* handle) {
  FakeSubscriber& subscriber = owned(handle, "subscriber.close");
  subscriber.world->subscribers.close(subscriber);
}

void attach(trellis_subscriber* handle, trellis_connection* connection, std::uint32_t window) {
  FakeSubscriber& subscriber = owned(handle, "subscriber.attach");
  if (connection == nullptr) {
    if (!subscriber.pulled()) subscriber.world->violation("subscriber.attach to no connection");
    subscriber.window = window;
    subscriber.pulling = true;
    return;
  }
  subscriber.world->subscribers.attach(subscriber, connection_of(connection), window);
}

void detach(trellis_subscriber* handle, std::uint64_t expiry_ms) {
  FakeSubscriber& subscriber = owned(handle, "subscriber.detach");
  subscriber.world->subscribers.detach(subscriber, expiry_ms);
}

trellis_status subscribe(trellis_subscriber* handle, const trellis_subscription* subscription) {
  FakeSubscriber& subscriber = owned(handle, "subscriber.subscribe");
  if (subscriber.attached == nullptr && !subscriber.pulled())
    subscriber.world->violation("subscriber.subscribe while nobody is attached");
  return subscriber.world->subscribers.subscribe(subscriber, *subscription);
}

trellis_status unsubscribe(trellis_subscriber* handle, trellis_view filter, trellis_view group) {
  FakeSubscriber& subscriber = owned(handle, "subscriber.unsubscribe");
  const auto key = std::pair(std::string(text(filter)), std::string(text(group)));
  return subscriber.subscriptions.erase(key) > 0 ? TRELLIS_OK : TRELLIS_NO_MATCH;
}

trellis_status settle(trellis_subscriber* handle, std::uint64_t lease, std::uint32_t outcome) {
  FakeSubscriber& subscriber = owned(handle, "subscriber.settle");
  return subscriber.world->subscribers.settle(subscriber, lease, outcome);
}

void set_tag(trellis_subscriber* handle, std::uint64_t lease, std::uint64_t tag) {
  FakeSubscriber& subscriber = owned(handle, "subscriber.set_tag");
  QueuedMessage* message = Subscribers::leased(subscriber, lease);
  if (message == nullptr) return subscriber.world->violation("subscriber.set_tag of a lease that is not out");
  message->tag = tag;
}

void discarded(trellis_subscriber* handle, std::uint32_t) { owned(handle, "subscriber.discarded"); }

void set_memo(trellis_subscriber* handle, trellis_view memo) { owned(handle, "subscriber.set_memo").memo = text(memo); }

trellis_view memo(const trellis_subscriber* handle) { return view(subscriber_of(handle).memo); }

void stats(const trellis_subscriber* handle, trellis_subscriber_stats* out) {
  const FakeSubscriber& subscriber = subscriber_of(handle);
  *out = {};
  out->struct_size = sizeof *out;
  out->subscriptions = static_cast<std::uint32_t>(subscriber.subscriptions.size());
  out->queued = subscriber.queue.size();
  out->window = subscriber.window;
  for (const auto& message : subscriber.queue) {
    out->queued_bytes += message.sample.topic.size() + message.sample.payload.size();
    out->leased += message.lease != 0 ? 1U : 0U;
  }
}

// Time stands still while something is delivered, so nothing is held back here.
void hold(trellis_subscriber* handle, std::uint64_t) { owned(handle, "subscriber.hold"); }
void unmark(trellis_subscriber* handle, std::uint32_t) { owned(handle, "subscriber.unmark"); }

constexpr trellis_host_subscriber kSubscriber{sizeof(trellis_host_subscriber),
                                              &home,
                                              &open,
                                              &close_subscriber,
                                              &attach,
                                              &detach,
                                              &subscribe,
                                              &unsubscribe,
                                              &settle,
                                              &set_tag,
                                              &discarded,
                                              &set_memo,
                                              &memo,
                                              &stats,
                                              &hold,
                                              &unmark};

// ---- queues that plugins fill and empty by themselves

trellis_status offer(trellis_shard* shard, std::uint32_t name_space, const trellis_publication* messages,
                     std::uint32_t count, const trellis_offer* offers, std::uint32_t offer_count,
                     std::uint32_t durability) {
  World& world = *shard_of(shard).world;
  world.expect_shard("queue.offer", &shard_of(shard));
  for (std::uint32_t i = 0; i < offer_count; ++i) {
    const FakeSubscriber& to = subscriber_of(offers[i].subscriber);
    const std::uint64_t most = to.limits.messages;
    if (to.limits.overflow == TRELLIS_OVERFLOW_REJECT && to.queue.size() + count > most) return TRELLIS_QUOTA;
    if (to.name_space != name_space) world.violation("queue.offer to a subscriber of another namespace");
    const bool in_order = i == 0 || offers[i].message >= offers[i - 1].message;
    if (offers[i].message >= count || !in_order) world.violation("queue.offer of messages out of order");
  }
  if (world.refuse_offers) return TRELLIS_UNAVAILABLE;
  world.offered_durability.push_back(durability);
  for (std::uint32_t i = 0; i < offer_count; ++i) {
    QueuedMessage message{Sample::of(messages[offers[i].message]), 1, 0, {}, 0};
    message.lent = std::make_shared<FakeMessage>(world, message.sample, world.wall_ms, true);
    FakeSubscriber& to = subscriber_of(offers[i].subscriber);
    to.queue.push_back(std::move(message));
  }
  return TRELLIS_OK;
}

std::uint32_t lease(trellis_subscriber* handle, trellis_delivery* deliveries, std::uint32_t count) {
  FakeSubscriber& subscriber = owned(handle, "queue.lease");
  if (!subscriber.pulling)
    subscriber.world->violation("queue.lease of a subscriber that is not attached, or not pulled");
  return subscriber.world->subscribers.lease(subscriber, deliveries, count);
}

std::uint32_t peek(trellis_subscriber* handle, trellis_delivery* deliveries, std::uint32_t count) {
  return Subscribers::peek(owned(handle, "queue.peek"), deliveries, count);
}

void when_kept(trellis_shard* shard, std::uint32_t, std::uint32_t durability,
               void (*done)(void* user, trellis_status status), void* user) {
  World& world = *shard_of(shard).world;
  world.expect_shard("queue.when_kept", &shard_of(shard));
  if (world.hold_kept) {
    world.held_kept.push_back({&shard_of(shard), done, user, durability});
  } else {
    done(user, TRELLIS_OK);
  }
}

constexpr trellis_host_queue kQueue{sizeof(trellis_host_queue), &offer, &lease, &peek, &when_kept};

}  // namespace

const trellis_host_queue* queue_table() { return &kQueue; }
const trellis_host_stage* stage_table() { return &kStage; }
const trellis_host_connection* connection_table() { return &kConnection; }
const trellis_host_subscriber* subscriber_table() { return &kSubscriber; }
const trellis_layer_io* layer_io() { return &kLayerIo; }

}  // namespace trellis::testing
