// Calls to plugins of each kind, with what they must leave behind checked.
#include <algorithm>
#include <stdexcept>
#include <trellis/testing/drivers.hpp>

#include "connection_tables.hpp"
#include "world.hpp"

namespace trellis::testing {
namespace {

/// Messages lent for one call, unreadable afterwards.
class Loan {
 public:
  Loan(World& world, const std::vector<Sample>& samples, const char* call) : world_(world) {
    for (const Sample& sample : samples) {
      lent_.push_back(world.lend(sample, call));
      pointers_.push_back(lent_.back());
    }
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  ~Loan() {
    for (FakeMessage* message : lent_) world_.end_borrow(message);
  }
  const trellis_message* const* data() const { return pointers_.data(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(pointers_.size()); }

 private:
  World& world_;
  std::vector<FakeMessage*> lent_;
  std::vector<const trellis_message*> pointers_;
};

/// Compiles or opens; the sentence where it is refused.
template <class Open>
void* try_open(Instance& instance, const char* what, std::string_view given, Open open, std::string& refusal) {
  Lent lent = instance.world().lent(what);
  const CallScope scope(what, nullptr, false);
  trellis_error error{sizeof error, 0, {}};
  void* made = open(lent.text(given), &error);
  if (made != nullptr) return made;
  if (error.size == 0) instance.world().violation(std::string(what) + " refused without a sentence");
  if (error.size > sizeof error.text)
    instance.world().violation(std::string(what) + " refused with too long a sentence");
  refusal.assign(error.text, std::min<std::size_t>(error.size, sizeof error.text));
  if (refusal.empty()) refusal = "refused without a sentence";
  return nullptr;
}

}  // namespace

std::string name_of(const Instance& instance) { return "plugin '" + std::string(instance.id()) + "'"; }

// --- stages

Verdict StageDriver::publish(std::string_view topic, std::string_view payload) const {
  return publish(Sample{.topic = std::string(topic), .payload = std::string(payload)});
}

std::vector<StageOutcome> StageDriver::judge(const std::vector<Sample>& samples, std::string_view name_space,
                                             std::uint32_t shard, const Authenticated* publisher) const {
  const auto* table = instance().table<trellis_stage>();
  FakeBatch batch{&world(), std::string(name_space), std::vector<StageOutcome>(samples.size()), {}};
  std::vector<trellis_pair> attributes;
  trellis_identity identity{};
  if (publisher != nullptr) {
    for (const auto& [name, value] : publisher->attributes) attributes.push_back({view(name), view(value)});
    identity.struct_size = sizeof identity;
    identity.name = view(publisher->name);
    identity.authenticator = view("authenticator-of-the-test");
    identity.attributes = attributes.data();
    identity.attribute_count = static_cast<std::uint32_t>(attributes.size());
    identity.id = publisher->id;
    batch.publisher = &identity;
  }
  std::vector<std::uint32_t> verdicts(samples.size(), TRELLIS_VERDICT_UNSET);
  {
    const Loan loan(world(), samples, "on_messages");
    void* state = instance().shard(shard);
    const CallScope scope("on_messages", world().shards.at(shard).get(), true);
    table->on_messages(state, reinterpret_cast<trellis_batch*>(&batch), loan.data(), verdicts.data(), loan.size());
  }
  for (std::size_t i = 0; i < samples.size(); ++i) {
    batch.outcomes[i].verdict = static_cast<Verdict>(verdicts[i]);
    if (verdicts[i] == TRELLIS_VERDICT_UNSET)
      world().violation(name_of(instance()) + " left a message without verdict");
    if (verdicts[i] == TRELLIS_VERDICT_REPLACED && !batch.outcomes[i].replacement) {
      world().violation(name_of(instance()) + " said REPLACED without replace()");
    }
    if (verdicts[i] != TRELLIS_VERDICT_REPLACED) batch.outcomes[i].replacement.reset();
  }
  *copies_ = batch.copies;
  *replacement_ = samples.empty() ? std::nullopt : batch.outcomes.back().replacement;
  world().settle();
  return batch.outcomes;
}

// --- predicates

CompiledFilter::CompiledFilter(Instance& instance, void* compiled)
    : instance_(&instance), compiled_(compiled, [&instance](void* mine) {
        if (instance.get() == nullptr) return;
        const CallScope scope("release", nullptr, false);
        instance.table<trellis_predicate>()->release(instance.get(), mine);
      }) {}

bool CompiledFilter::matches(std::string_view topic, std::string_view payload) const {
  return matches(Sample{.topic = std::string(topic), .payload = std::string(payload)});
}

std::vector<Verdict> CompiledFilter::judge(const std::vector<Sample>& samples, std::uint32_t shard) const {
  World& world = instance_->world();
  const auto* table = instance_->table<trellis_predicate>();
  std::vector<std::uint32_t> verdicts(samples.size(), TRELLIS_VERDICT_UNSET);
  {
    const Loan loan(world, samples, "judge");
    const CallScope scope("judge", world.shards.at(shard).get(), true);
    table->judge(instance_->shard(shard), compiled_.get(), loan.data(), verdicts.data(), loan.size());
  }
  std::vector<Verdict> out;
  for (std::uint32_t verdict : verdicts) {
    if (verdict != TRELLIS_VERDICT_PASS && verdict != TRELLIS_VERDICT_DROP) {
      world.violation(name_of(*instance_) + " judged with verdict " + std::to_string(verdict));
    }
    out.push_back(static_cast<Verdict>(verdict));
  }
  return out;
}

CompiledFilter PredicateDriver::compile(std::string_view filter) const {
  std::string refusal;
  void* compiled = try_open(
      instance(), "compile", filter,
      [&](trellis_view text, trellis_error* error) {
        return instance().table<trellis_predicate>()->compile(instance().get(), text, error);
      },
      refusal);
  if (compiled == nullptr) throw std::runtime_error(refusal);
  return {instance(), compiled};
}

std::string PredicateDriver::refusal(std::string_view filter) const {
  try {
    compile(filter);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

// --- handlers

Outcome DeliveryWatch::outcome() const {
  const std::lock_guard lock(world_->mutex);
  return world_->deliveries.at(token_).outcome;
}
std::string DeliveryWatch::reason() const {
  const std::lock_guard lock(world_->mutex);
  return world_->deliveries.at(token_).reason;
}
std::chrono::milliseconds DeliveryWatch::retry_after() const {
  const std::lock_guard lock(world_->mutex);
  return std::chrono::milliseconds(static_cast<std::int64_t>(world_->deliveries.at(token_).retry_ms));
}

Cause DeliveryWatch::cause() const {
  const std::lock_guard lock(world_->mutex);
  return world_->deliveries.at(token_).cause;
}
std::uint32_t DeliveryWatch::code() const {
  const std::lock_guard lock(world_->mutex);
  return world_->deliveries.at(token_).code;
}

OpenDestination::OpenDestination(Instance& instance, void* destination)
    : instance_(&instance), destination_(destination, [&instance](void* mine) {
        if (instance.get() == nullptr) return;
        const CallScope scope("release", nullptr, false);
        instance.table<trellis_handler>()->release(instance.get(), mine);
      }) {}

DeliveryWatch OpenDestination::deliver(std::string_view topic, std::string_view payload) const {
  return deliver({Sample{.topic = std::string(topic), .payload = std::string(payload)}}).front();
}

std::vector<DeliveryWatch> OpenDestination::deliver(const std::vector<Sample>& samples, std::uint32_t shard,
                                                    std::uint32_t attempts) const {
  World& world = instance_->world();
  std::vector<DeliveryWatch> out;
  std::vector<trellis_delivery> deliveries;
  std::vector<trellis_token> tokens;
  {
    const Loan loan(world, samples, "deliver");
    for (std::uint32_t i = 0; i < loan.size(); ++i) {
      trellis_delivery delivery{};
      delivery.message = loan.data()[i];
      delivery.lease = i + 1;
      delivery.qos = samples[i].qos;
      delivery.attempts = attempts;
      deliveries.push_back(delivery);
      const std::lock_guard lock(world.mutex);
      tokens.push_back(world.next_token++);
      world.deliveries[tokens.back()] = {};
      out.emplace_back(world, tokens.back());
    }
    Lent lent = world.lent("deliver");
    const auto* lent_deliveries = lent.items(deliveries);
    const auto* lent_tokens = lent.items(tokens);
    const auto* table = instance_->table<trellis_handler>();
    const CallScope scope("deliver", world.shards.at(shard).get(), true);
    table->deliver(instance_->shard(shard), destination_.get(), lent_deliveries, lent_tokens, loan.size());
  }
  world.settle();
  return out;
}

DeliveryWatch OpenDestination::check(std::uint32_t shard) const {
  World& world = instance_->world();
  trellis_token token = 0;
  {
    const std::lock_guard lock(world.mutex);
    token = world.next_token++;
    world.deliveries[token] = {};
  }
  {
    const CallScope scope("check", world.shards.at(shard).get(), false);
    instance_->table<trellis_handler>()->check(instance_->shard(shard), destination_.get(), token);
  }
  world.settle();
  return {world, token};
}

OpenDestination HandlerDriver::open(std::string_view destination) const {
  std::string refusal;
  void* opened = try_open(
      instance(), "open", destination,
      [&](trellis_view text, trellis_error* error) {
        return instance().table<trellis_handler>()->open(instance().get(), text, error);
      },
      refusal);
  if (opened == nullptr) throw std::runtime_error(refusal);
  return {instance(), opened};
}

std::string HandlerDriver::refusal(std::string_view destination) const {
  try {
    open(destination);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

// --- services

void ResponseWatch::leave() const {
  {
    const std::lock_guard lock(world_->mutex);
    world_->gone_clients.insert(token_);
  }
  world_->settle();
}

const ResponseSample& ResponseWatch::get() const {
  const std::lock_guard lock(world_->mutex);
  return world_->responses.at(token_);
}

ResponseWatch ServiceDriver::request(const RequestSample& sample, std::uint32_t shard) const {
  trellis_token token = 0;
  {
    const std::lock_guard lock(world().mutex);
    token = world().next_token++;
    world().responses[token] = {};
  }
  {
    FakeExchange exchange{
        .world = &world(), .instance = &instance(), .request = &sample, .shard = shard, .token = token};
    Lent lent = world().lent("on_request");
    const trellis_request request{sizeof(trellis_request),  static_cast<std::uint32_t>(sample.headers.size()),
                                  lent.text(sample.method), lent.text(sample.path),
                                  lent.text(sample.query),  lent.pairs(sample.headers),
                                  lent.text(sample.body),   lent.text(sample.mount),
                                  lent.text(sample.peer),   sample.name_space,
                                  lent.text(sample.host),   lent.text(sample.tls_version),
                                  exchange_table(),         handle_of(exchange)};
    const CallScope scope("on_request", world().shards.at(shard).get(), false);
    instance().table<trellis_service>()->on_request(instance().shard(shard), &request, token);
  }
  world().settle();
  return {world(), token};
}

// --- layers

LayerConnection LayerDriver::connect(std::uint32_t shard) const {
  auto made = std::make_unique<FakeConnection>();
  made->shard = shard;
  return open(std::move(made));
}

LayerConnection LayerDriver::dial(std::string_view host, std::uint16_t port, std::string_view alpn,
                                  std::uint32_t shard) const {
  auto made = std::make_unique<FakeConnection>();
  made->shard = shard;
  made->dialled = true;
  made->flags = TRELLIS_CONNECTION_DIALLED;
  made->host = host;
  made->port = port;
  made->alpn = alpn;
  return open(std::move(made));
}

LayerConnection LayerDriver::open(std::unique_ptr<FakeConnection> made) const {
  made->world = &world();
  made->instance = &instance();
  made->peer = ConnectOptions().peer;
  made->listener = ConnectOptions().listener;
  FakeConnection* connection = &world().add(std::move(made));
  const CallScope scope("on_open", world().shards.at(connection->shard).get(), true);
  void* user = instance().table<trellis_layer>()->on_open(instance().shard(connection->shard), handle_of(*connection),
                                                          layer_io());
  connection->layer_user = user;
  return {instance(), connection, user};
}

std::uint32_t LayerDriver::recognise(std::string_view begin, std::uint32_t shard) const {
  Lent lent = world().lent("recognise");
  const auto* bytes = static_cast<const std::uint8_t*>(lent.bytes(begin.data(), begin.size()));
  const CallScope scope("recognise", world().shards.at(shard).get(), true);
  return instance().table<trellis_layer>()->recognise(instance().shard(shard), bytes, begin.size());
}

std::string LayerConnection::fact(std::string_view name) const {
  const CallScope scope("fact", instance_->world().shards[connection_->shard].get(), true);
  return std::string(
      text(instance_->table<trellis_layer>()->fact(instance_->shard(connection_->shard), user_, view(name))));
}

bool LayerConnection::look() {
  const CallScope scope("on_look", instance_->world().shards[connection_->shard].get(), true);
  return instance_->table<trellis_layer>()->on_look(instance_->shard(connection_->shard), user_);
}

bool LayerConnection::input(std::string_view bytes) {
  Lent lent = instance_->world().lent("on_input");
  const void* exact = lent.bytes(bytes.data(), bytes.size());
  const CallScope scope("on_input", instance_->world().shards[connection_->shard].get(), true);
  return instance_->table<trellis_layer>()->on_input(instance_->shard(connection_->shard), user_, exact, bytes.size());
}

bool LayerConnection::output(std::string_view bytes) {
  Lent lent = instance_->world().lent("on_output");
  const void* exact = lent.bytes(bytes.data(), bytes.size());
  const CallScope scope("on_output", instance_->world().shards[connection_->shard].get(), true);
  return instance_->table<trellis_layer>()->on_output(instance_->shard(connection_->shard), user_, exact, bytes.size());
}

bool LayerConnection::ready() const { return connection_->layer_ready; }
std::string LayerConnection::up() { return std::exchange(connection_->raised, {}); }
std::string LayerConnection::down() { return std::exchange(connection_->output, {}); }

void LayerConnection::close() {
  if (user_ == nullptr) return;
  const auto* table = instance_->table<trellis_layer>();
  const CallScope scope("on_close", instance_->world().shards[connection_->shard].get(), false);
  void* shard = instance_->shard(connection_->shard);
  if (table->on_shutdown != nullptr) table->on_shutdown(shard, user_);
  table->on_close(shard, user_);
  user_ = connection_->layer_user = nullptr;
}

// --- protocols

void ProtocolConnection::send(std::string_view bytes) {
  World& world = *connection_->world;
  if (!connection_->open) return;
  connection_->input += bytes;
  connection_->fresh_input = true;
  connection_->last_input_ms = world.now_ms;
  world.feed(*connection_);
  world.settle();
}

std::string ProtocolConnection::received() { return std::exchange(connection_->output, {}); }
bool ProtocolConnection::open() const { return connection_->open; }
std::uint32_t ProtocolConnection::close_reason() const { return connection_->reason; }
std::size_t ProtocolConnection::unread() const { return connection_->input.size(); }
std::string ProtocolConnection::restarted() const { return connection_->restarted; }
std::uint32_t ProtocolConnection::shard() const { return connection_->shard; }
bool ProtocolConnection::paused() const { return connection_->paused; }
void ProtocolConnection::stall(bool stalled) { connection_->peer_stalled = stalled; }
void ProtocolConnection::disconnect() { end(TRELLIS_CLOSE_PEER); }

void ProtocolConnection::end(std::uint32_t reason) {
  connection_->world->close(*connection_, reason);
  connection_->world->settle();
}

void ProtocolConnection::drain() {
  World& world = *connection_->world;
  const auto* table = connection_->protocol();
  if (table->on_drain == nullptr) {
    world.close(*connection_, TRELLIS_CLOSE_SHUTDOWN);
  } else if (connection_->open) {
    connection_->goodbye = TRELLIS_CLOSE_SHUTDOWN;
    const CallScope scope("on_drain", world.shards[connection_->shard].get(), false);
    table->on_drain(connection_->protocol_shard(), connection_->user);
  }
  world.settle();
}

void ProtocolConnection::revoke(std::uint32_t reason) {
  World& world = *connection_->world;
  const auto* table = connection_->protocol();
  if (table->on_revoked == nullptr) {
    world.close(*connection_, reason);
  } else if (connection_->open) {
    connection_->goodbye = reason;
    const CallScope scope("on_revoked", world.shards[connection_->shard].get(), false);
    table->on_revoked(connection_->protocol_shard(), connection_->user);
  }
  world.settle();
}

void ProtocolConnection::authenticated(const AuthOutcome& outcome) {
  if (connection_->open) connection_->world->answer_authentication(*connection_, outcome);
  connection_->world->settle();
}

trellis_connection* ProtocolConnection::handle() const { return handle_of(*connection_); }
void* ProtocolConnection::user() const { return connection_->user; }

ProtocolConnection ProtocolDriver::connect(const ConnectOptions& options) const {
  FakeConnection* connection = world().connect(instance(), options);
  world().settle();
  return ProtocolConnection(*connection);
}

}  // namespace trellis::testing
