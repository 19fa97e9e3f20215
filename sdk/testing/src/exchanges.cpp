#include "exchanges.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "world.hpp"

namespace trellis::testing {
namespace {

FakeExchange& fake(trellis_exchange* handle) { return *reinterpret_cast<FakeExchange*>(handle); }

void expect(const FakeExchange& exchange, std::string_view function) {
  exchange.world->expect_shard(function, exchange.world->shards[exchange.shard].get());
  if (exchange.table == nullptr) exchange.world->violation(std::string(function) + " of an exchange that nobody keeps");
}

/// Nobody is told anything any more, and the client is nobody's.
void let_go(FakeExchange& exchange) {
  exchange.table = nullptr;
  exchange.streams = false;
  exchange.connection->open = false;
  exchange.connection->asking = false;
  exchange.connection->identity_facts = {};
  const std::lock_guard lock(exchange.world->mutex);
  std::erase(exchange.world->exchanges.kept, &exchange);
}

void over(FakeExchange& exchange) {
  const auto* const table = exchange.table;
  let_go(exchange);
  const CallScope scope("on_over", exchange.world->shards[exchange.shard].get(), false);
  table->on_over(exchange.user);
}

void told(FakeExchange& exchange, const trellis_auth_answer& answer) {
  if (exchange.table == nullptr) return;
  const bool allowed = answer.verdict == TRELLIS_AUTH_ALLOW;
  const CallScope scope("on_authenticated", exchange.world->shards[exchange.shard].get(), false);
  exchange.table->on_authenticated(exchange.user, allowed ? handle_of(*exchange.connection) : nullptr, &answer, 0);
  // Who began a stream within that stays known for as long.
  if (!exchange.streams) exchange.connection->identity_facts = {};
}

/// The client's, as the tables know it that are asked about clients.
FakeConnection& connection_for(FakeExchange& exchange) {
  auto made = std::make_unique<FakeConnection>();
  made->world = exchange.world;
  made->shard = exchange.shard;
  made->name_space = exchange.request->name_space;
  made->peer = exchange.request->peer;
  made->listener = "test";
  made->open = true;
  made->told = [&exchange](const trellis_auth_answer& answer) { told(exchange, answer); };
  return exchange.world->add(std::move(made));
}

trellis_exchange* keep(trellis_exchange* handle, const trellis_exchange_user* table, void* user) {
  FakeExchange& asked = fake(handle);
  World& world = *asked.world;
  world.expect_shard("exchanges.keep", world.shards[asked.shard].get());
  if (std::exchange(asked.table, table) != nullptr) world.violation("exchanges.keep of an exchange that is kept");
  auto kept = std::make_unique<FakeExchange>(asked);
  kept->user = user;
  kept->connection = &connection_for(*kept);
  const std::lock_guard lock(world.mutex);
  world.exchanges.kept.push_back(kept.get());
  world.exchanges.all.push_back(std::move(kept));
  return handle_of(*world.exchanges.kept.back());
}

void release(trellis_exchange* handle) {
  expect(fake(handle), "exchanges.release");
  let_go(fake(handle));
}

void authenticate(trellis_exchange* handle, const trellis_credentials* credentials) {
  expect(fake(handle), "exchanges.authenticate");
  fake(handle).world->authenticate(*fake(handle).connection, *credentials);
}

void stream(trellis_exchange* handle) {
  expect(fake(handle), "exchanges.stream");
  fake(handle).streams = true;
}

void write(trellis_exchange* handle, trellis_view piece) {
  FakeExchange& exchange = fake(handle);
  expect(exchange, "exchanges.write");
  World& world = *exchange.world;
  if (!exchange.streams) world.violation("exchanges.write of an exchange that is no stream");
  const std::lock_guard lock(world.mutex);
  world.responses[exchange.token].body += text(piece);
}

void end(trellis_exchange* handle) {
  expect(fake(handle), "exchanges.end");
  let_go(fake(handle));
}

}  // namespace

bool FakeExchanges::tell_of_ends(World& world) {
  std::vector<FakeExchange*> ended;
  {
    const std::lock_guard lock(world.mutex);
    std::copy_if(kept.begin(), kept.end(), std::back_inserter(ended), [&](const FakeExchange* one) {
      const bool answered = world.responses[one->token].status != 0 && !one->streams;
      return answered || world.gone_clients.contains(one->token);
    });
  }
  for (FakeExchange* const one : ended) {
    if (one->table != nullptr) over(*one);
  }
  return !ended.empty();
}

void FakeExchanges::end_all(World& world, const Instance& instance) {
  std::vector<FakeExchange*> ended;
  {
    const std::lock_guard lock(world.mutex);
    ended = kept;
  }
  for (FakeExchange* const one : ended) {
    if (one->instance == &instance && one->table != nullptr) over(*one);
  }
}

const trellis_exchanges* exchange_table() {
  static constexpr trellis_exchanges kTable{sizeof(trellis_exchanges),
                                            0,
                                            &keep,
                                            &release,
                                            &authenticate,
                                            &stream,
                                            &write,
                                            [](const trellis_exchange*) -> std::size_t { return 0; },
                                            &end};
  return &kTable;
}

}  // namespace trellis::testing
