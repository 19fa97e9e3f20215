// The tables a TestHost offers: log, metrics, loop, namespaces, messages, publishing, answers.
#include <algorithm>
#include <cctype>

#include "connection_tables.hpp"
#include "world.hpp"

namespace trellis::testing {
namespace {

World& world_of(trellis_host* host) { return *handle_of(host).world; }

// --- log

bool log_enabled(trellis_host* host, std::uint32_t level) {
  return level >= static_cast<std::uint32_t>(world_of(host).options.log_level);
}

void log_write(trellis_host* host, std::uint32_t level, trellis_view line, const trellis_pair* fields,
               std::uint32_t count) {
  const HostWork work;
  World& world = world_of(host);
  if (level < TRELLIS_LOG_TRACE || level > TRELLIS_LOG_ERROR) world.violation("log level " + std::to_string(level));
  if (!log_enabled(host, level)) return;
  const std::lock_guard lock(world.mutex);
  world.logs.push_back({static_cast<Level>(level), std::string(handle_of(host).instance->id()), std::string(text(line)),
                        copy_pairs(fields, count)});
}

constexpr trellis_host_log kLog{sizeof(trellis_host_log), &log_enabled, &log_write};

// --- metrics

bool is_metric_name(std::string_view name) {
  return !name.empty() && (name.front() == '_' || std::islower(static_cast<unsigned char>(name.front())) != 0) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

trellis_metric declare(trellis_host* host, std::uint32_t type, trellis_view name, trellis_view labels,
                       trellis_view help) {
  World& world = world_of(host);
  if (const CallScope* call = CallScope::current(); call != nullptr && call->hot) {
    world.violation("metrics.declare was called from " + call->name + ", which is on the message path");
  }
  if (world.options.metrics_full) return 0;
  std::string key(text(name));
  if (!is_metric_name(key)) {
    world.violation("metric name \"" + key + "\" is not [a-z_][a-z0-9_]*");
    return 0;
  }
  if (type == TRELLIS_METRIC_COUNTER && !key.ends_with("_total")) {
    world.violation("counter \"" + key + "\" does not end in _total");
  }
  if (labels.size > 0) key += "{" + std::string(text(labels)) + "}";
  const std::lock_guard lock(world.mutex);
  auto& ids = world.metric_ids;
  auto known = std::find(ids.begin(), ids.end(), key);
  if (known == ids.end()) {
    world.metrics[key] = {type, std::string(text(help)), 0};
    ids.push_back(key);
    known = ids.end() - 1;
  }
  return static_cast<trellis_metric>(known - ids.begin()) + 1;
}

void add_to(World& world, trellis_metric metric, std::int64_t amount) {
  const HostWork work;
  const std::lock_guard lock(world.mutex);
  if (metric == 0 || metric > world.metric_ids.size()) return world.violation("a metric that was never declared");
  MetricState& state = world.metrics[world.metric_ids[metric - 1]];
  if (amount < 0 && state.type != TRELLIS_METRIC_GAUGE) {
    world.violation("counter \"" + world.metric_ids[metric - 1] + "\" was lowered");
  }
  state.value += amount;
}

void metric_add(trellis_shard* shard, trellis_metric metric, std::int64_t amount) {
  World& world = *shard_of(shard).world;
  world.expect_shard("metrics.add", &shard_of(shard));
  add_to(world, metric, amount);
}

void metric_add_any(trellis_host* host, trellis_metric metric, std::int64_t amount) {
  add_to(world_of(host), metric, amount);
}

std::int64_t metric_read(trellis_host* host, trellis_metric metric) {
  World& world = world_of(host);
  const std::lock_guard lock(world.mutex);
  return metric == 0 || metric > world.metric_ids.size() ? 0 : world.metrics[world.metric_ids[metric - 1]].value;
}

void metric_render(trellis_host* host, void* user, void (*sink)(void*, trellis_view)) {
  World& world = world_of(host);
  std::vector<std::string> lines;
  {
    const std::lock_guard lock(world.mutex);
    for (const auto& [key, state] : world.metrics) lines.push_back(key + " " + std::to_string(state.value) + "\n");
  }
  for (const std::string& line : lines) sink(user, view(line));
}

trellis_status metric_ready(trellis_host*, trellis_error*) { return TRELLIS_OK; }

constexpr trellis_host_metrics kMetrics{
    sizeof(trellis_host_metrics), &declare, &metric_add, &metric_add_any, &metric_read, &metric_render, &metric_ready};

// --- loop

std::uint32_t shard_count(trellis_host* host) { return static_cast<std::uint32_t>(world_of(host).shards.size()); }
std::uint32_t shard_index(const trellis_shard* shard) { return shard_of(shard).index; }
std::uint64_t loop_now(const trellis_shard* shard) {
  shard_of(shard).world->expect_shard("loop.now_ms", &shard_of(shard));
  return shard_of(shard).world->now_ms;
}
std::int64_t loop_wall(const trellis_shard* shard) {
  shard_of(shard).world->expect_shard("loop.wall_ms", &shard_of(shard));
  return shard_of(shard).world->wall_ms;
}

trellis_token start_timer(trellis_shard* shard, std::uint64_t delay_ms, trellis_timer_fn fn, void* user) {
  const HostWork work;
  FakeShard& fake = shard_of(shard);
  fake.world->expect_shard("loop.start_timer", &fake);
  const trellis_token token = fake.world->next_token++;
  fake.timers[token] = {fake.world->now_ms + std::max<std::uint64_t>(delay_ms, 1), fn, user};
  return token;
}

bool cancel_timer(trellis_shard* shard, trellis_token timer) {
  shard_of(shard).world->expect_shard("loop.cancel_timer", &shard_of(shard));
  return shard_of(shard).timers.erase(timer) > 0;
}

bool post(trellis_host* host, std::uint32_t index, trellis_post_fn fn, void* user) {
  const HostWork work;
  World& world = world_of(host);
  const std::lock_guard lock(world.mutex);
  if (index >= world.shards.size()) {
    world.violation("post() to shard " + std::to_string(index) + " of " + std::to_string(world.shards.size()));
    return false;
  }
  if (world.shards[index]->gone) return false;
  world.shards[index]->mailbox.push_back({fn, user});
  return true;
}

trellis_shard* current_shard(trellis_host*) {
  const CallScope* call = CallScope::current();
  return call != nullptr && call->shard != nullptr ? handle_of(*call->shard) : nullptr;
}

constexpr trellis_host_loop kLoop{sizeof(trellis_host_loop),
                                  &shard_count,
                                  &shard_index,
                                  &loop_now,
                                  &loop_wall,
                                  &start_timer,
                                  &cancel_timer,
                                  &post,
                                  &current_shard};

// --- namespaces

std::uint32_t namespace_count(trellis_host* host) {
  return static_cast<std::uint32_t>(world_of(host).namespaces.size());
}
trellis_view namespace_name(trellis_host* host, std::uint32_t index) {
  return view(world_of(host).namespaces.at(index).first);
}
trellis_view namespace_config(trellis_host* host, std::uint32_t index) {
  return view(world_of(host).namespaces.at(index).second);
}

constexpr trellis_host_namespace kNamespace{sizeof(trellis_host_namespace), &namespace_count, &namespace_name,
                                            &namespace_config};

// --- messages

FakeMessage& fake(const trellis_message* message) {
  return const_cast<FakeMessage&>(static_cast<const FakeMessage&>(*message));
}

const trellis_message* retain(const trellis_message* message) { return fake(message).owner->retain(&fake(message)); }
void release(const trellis_message* message) { fake(message).owner->release(&fake(message)); }

constexpr trellis_host_message kMessage{sizeof(trellis_host_message), &retain, &release};

void publish(trellis_connection* handle, const trellis_publication* messages, trellis_status* results,
             std::uint32_t count) {
  const HostWork work;
  FakeConnection& connection = connection_of(handle);
  World& world = *connection.world;
  const std::lock_guard lock(world.mutex);
  world.expect_shard("publish.publish", world.shards[connection.shard].get());
  if (connection.identity_facts.verdict != AuthVerdict::allow) {
    world.violation("publish.publish on a connection that is not authenticated");
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    Sample sample = Sample::of(messages[i]);
    sample.publisher = connection.client_id;
    sample.publisher_identity = connection.identity_facts.name;
    results[i] = world.publish(connection.name_space, sample, &connection);
    world.published.push_back({world.namespaces[connection.name_space].first, sample});
  }
}

void publish_as(trellis_shard* shard, trellis_view name_space, trellis_view publisher, trellis_view publisher_identity,
                const trellis_publication* messages, trellis_status* results, std::uint32_t count) {
  const HostWork work;
  World& world = *shard_of(shard).world;
  const std::lock_guard lock(world.mutex);
  world.expect_shard("publish.publish_as", &shard_of(shard));
  for (std::uint32_t i = 0; i < count; ++i) {
    Sample sample = Sample::of(messages[i]);
    sample.publisher = text(publisher);
    sample.publisher_identity = text(publisher_identity);
    results[i] = world.publish(world.namespace_index(text(name_space)), sample, nullptr);
    world.published.push_back({std::string(text(name_space)), sample});
  }
}

trellis_status may_publish(trellis_connection* handle, trellis_view name, trellis_view topic) {
  FakeConnection& connection = connection_of(handle);
  World& world = *connection.world;
  world.expect_shard("publish.may_publish", world.shards[connection.shard].get());
  const std::string client = name.size == 0 ? connection.client_id : std::string(text(name));
  if (!world.judge_access || world.judge_access(Action::publish, client, text(topic))) return TRELLIS_OK;
  return TRELLIS_NOT_AUTHORIZED;
}

constexpr trellis_host_publish kPublish{sizeof(trellis_host_publish), &publish, &publish_as, &may_publish};

// --- answers that come later

bool complete(trellis_host* host, trellis_token token, const trellis_auth_answer* answer) {
  World& world = world_of(host);
  if (const auto happens = std::exchange(world.before_late_answer, nullptr)) happens();
  const std::lock_guard lock(world.mutex);
  const auto found = world.questions.find(token);
  if (found == world.questions.end() || found->second.outcome.verdict != AuthVerdict::pending) {
    ++world.late_answers;
    world.wrong_answers += found != world.questions.end() && found->second.given_up ? 0U : 1U;
    return false;
  }
  const auto verdict = static_cast<AuthVerdict>(answer->verdict);
  if (verdict == AuthVerdict::unset || verdict == AuthVerdict::pending) {
    world.violation("complete() with verdict " + std::to_string(answer->verdict) + ", which is no answer");
  }
  found->second.outcome = AuthOutcome::of(*answer);
  return true;
}

void authenticate(trellis_connection* handle, const trellis_credentials* credentials) {
  FakeConnection& connection = connection_of(handle);
  connection.world->expect_shard("identity.authenticate", connection.world->shards[connection.shard].get());
  connection.world->authenticate(connection, *credentials);
}

const trellis_identity* identity_of(const trellis_connection* handle) {
  const FakeConnection& connection = connection_of(handle);
  return connection.identity_facts.verdict == AuthVerdict::allow ? &connection.identity : nullptr;
}

void revoke(trellis_host* host, trellis_view name_space, const trellis_view* names, std::uint32_t count) {
  World& world = world_of(host);
  const std::lock_guard lock(world.mutex);
  for (std::uint32_t i = 0; i < count; ++i) {
    world.revoked.push_back({std::string(text(name_space)), std::string(text(names[i]))});
  }
}

trellis_status admit(trellis_connection* handle, trellis_view client_id, trellis_client_limits* limits,
                     trellis_error* error) {
  FakeConnection& connection = connection_of(handle);
  World& world = *connection.world;
  world.expect_shard("identity.admit", world.shards[connection.shard].get());
  if (!world.judge_admission) return TRELLIS_OK;
  const Admission admission = world.judge_admission(connection.identity_facts.name, text(client_id));
  *limits = admission.limits;
  write_error(error, admission.reason);
  return static_cast<trellis_status>(admission.status);
}

constexpr trellis_host_identity kIdentity{
    sizeof(trellis_host_identity), &complete, &authenticate, &identity_of, &revoke, &admit};

void forget_decisions(trellis_host* host) { ++world_of(host).forgotten_decisions; }

// What authorizers answer is for their own tests to ask.
void explain(trellis_host* host, trellis_shard* shard, trellis_view, trellis_view client, std::uint32_t action,
             trellis_view topic, void* user, trellis_explained_fn done) {
  World& world = world_of(host);
  world.expect_shard("authorizer.explain", &shard_of(shard));
  const bool allowed =
      !world.judge_access || world.judge_access(static_cast<Action>(action), text(client), text(topic));
  struct Answer {
    void* user;
    trellis_explained_fn done;
    bool allowed;
  };
  const std::lock_guard lock(world.mutex);
  shard_of(shard).mailbox.push_back(
      {[](void* kept) {
         const std::unique_ptr<Answer> answer(static_cast<Answer*>(kept));
         const trellis_pair step{view("the test"), view(answer->allowed ? "allowed" : "denied")};
         answer->done(answer->user, answer->allowed, &step, 1);
       },
       new Answer{user, done, allowed}});
}

constexpr trellis_host_authorizer kAuthorizer{
    sizeof(trellis_host_authorizer), &forget_decisions,
    [](trellis_host* host, trellis_view, const trellis_view*, std::uint32_t) { forget_decisions(host); }, &explain};

bool respond(trellis_host* host, trellis_token token, const trellis_response* response) {
  World& world = world_of(host);
  const std::lock_guard lock(world.mutex);
  const auto found = world.responses.find(token);
  const bool left = world.gone_clients.contains(token);
  if (found == world.responses.end() || found->second.status != 0 || world.late_responses.contains(token) || left) {
    world.late_answers += left ? 0U : 1U;
    world.wrong_answers += left ? 0U : 1U;
    return false;
  }
  if (response->status < 100 || response->status > 599) {
    world.violation("service.respond with status " + std::to_string(response->status));
  }
  ResponseSample answer{response->status, std::string(text(response->body)),
                        copy_pairs(response->headers, response->header_count)};
  if (CallScope::current() == nullptr) {  // a thread of the plugin's own: the test may be reading
    world.late_responses.emplace(token, std::move(answer));
    return true;
  }
  found->second = std::move(answer);
  return true;
}

void dispatch(trellis_connection* handle, const trellis_request* request, void* request_user) {
  FakeConnection& connection = connection_of(handle);
  connection.world->expect_shard("service.dispatch", connection.world->shards[connection.shard].get());
  connection.world->dispatch(connection, *request, request_user);
}

bool extend(trellis_host* host, trellis_token token, std::uint64_t) {
  World& world = world_of(host);
  const std::lock_guard lock(world.mutex);
  const auto found = world.responses.find(token);
  return found != world.responses.end() && found->second.status == 0 && !world.gone_clients.contains(token);
}

constexpr trellis_host_service kService{sizeof(trellis_host_service), &respond, &dispatch, &extend};

trellis_status borrow(trellis_host* host, trellis_view name, trellis_view table, trellis_borrowed* out) {
  trellis_status status = TRELLIS_UNAVAILABLE;
  for (const auto& instance : world_of(host).instances) {
    if (instance->state() != State::running || (name.size > 0 && instance->id() != text(name))) continue;
    out->table = instance->find_table(text(table));
    if (out->table == nullptr) {
      if (name.size > 0) status = TRELLIS_UNSUPPORTED;
      continue;
    }
    out->lender = reinterpret_cast<const trellis_lender*>(instance.get());
    out->instance = instance->get();
    return TRELLIS_OK;
  }
  return status;
}

void* shard_of_lender(const trellis_lender* lender, const trellis_shard* handle) {
  const auto& instance = *reinterpret_cast<const Instance*>(lender);
  const FakeShard& shard = shard_of(handle);
  instance.world().expect_shard("borrow.shard", &shard);
  return instance.is_open() ? instance.shard(shard.index) : nullptr;
}

constexpr trellis_host_borrow kBorrow{sizeof(trellis_host_borrow), 0, &borrow, &shard_of_lender};

struct Offer {
  std::string_view id;
  const void* table;
};

const void* get_table(trellis_host* host, trellis_view id) {
  static const Offer offers[] = {{TRELLIS_HOST_LOG, &kLog},
                                 {TRELLIS_HOST_METRICS, &kMetrics},
                                 {TRELLIS_HOST_LOOP, &kLoop},
                                 {TRELLIS_HOST_NAMESPACE, &kNamespace},
                                 {TRELLIS_HOST_MESSAGE, &kMessage},
                                 {TRELLIS_HOST_PUBLISH, &kPublish},
                                 {TRELLIS_HOST_IDENTITY, &kIdentity},
                                 {TRELLIS_HOST_AUTHORIZER, &kAuthorizer},
                                 {TRELLIS_HOST_HANDLER, handler_table()},
                                 {TRELLIS_HOST_SERVICE, &kService},
                                 {TRELLIS_HOST_STORE, store_table()},
                                 {TRELLIS_HOST_BACKUP, backup_table()},
                                 {TRELLIS_HOST_BORROW, &kBorrow},
                                 {TRELLIS_HOST_STAGE, stage_table()},
                                 {TRELLIS_HOST_CONNECTION, connection_table()},
                                 {TRELLIS_HOST_SUBSCRIBER, subscriber_table()},
                                 {TRELLIS_HOST_QUEUE, queue_table()},
                                 {TRELLIS_HOST_DIAL, dial_table()},
                                 {TRELLIS_HOST_DOMAIN, domain_table()},
                                 {TRELLIS_HOST_RESOURCES, resource_table()}};
  const auto& missing = world_of(host).options.missing_tables;
  if (std::find(missing.begin(), missing.end(), text(id)) != missing.end()) return nullptr;
  for (const Offer& offer : offers) {
    if (offer.id == text(id)) return offer.table;
  }
  return nullptr;
}

constexpr trellis_host_table kHost{sizeof(trellis_host_table), &get_table};

}  // namespace

const trellis_host_table* host_table() { return &kHost; }

}  // namespace trellis::testing
