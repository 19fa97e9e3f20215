// Connections of the kernel in miniature: input that waits, output that is kept, answers that come later.
#include <algorithm>
#include <trellis/authenticator.hpp>

#include "world.hpp"

namespace trellis::testing {

FakeConnection& World::add(std::unique_ptr<FakeConnection> made) {
  const std::lock_guard lock(mutex);
  made->id = connections.size() + 1;
  connections.push_back(std::move(made));
  return *connections.back();
}

FakeConnection* World::connect(Instance& instance, const ConnectOptions& from) {
  auto made = std::make_unique<FakeConnection>();
  made->world = this;
  made->instance = &instance;
  made->shard = from.shard;
  made->flags = from.flags;
  made->facts = from.facts;
  made->name_space = namespace_index(from.name_space);
  made->listener = from.listener;
  made->peer = from.peer;
  made->restarts = from.restarts;
  made->last_input_ms = now_ms;
  FakeConnection& connection = add(std::move(made));
  const auto* table = instance.table<trellis_protocol>();
  const CallScope scope("on_open", shards.at(connection.shard).get(), true);
  connection.open = true;
  connection.user = table->on_open(instance.shard(connection.shard), handle_of(connection));
  if (connection.user == nullptr) {
    connection.open = false;
    connection.reason = TRELLIS_CLOSE_PROTOCOL;
  }
  return &connection;
}

void World::feed(FakeConnection& connection) {
  if (!connection.open || connection.told) return;  // its plugin may be gone, or has requests and no bytes
  const auto* table = connection.protocol();
  while (connection.open && !connection.closing && !connection.paused && !connection.asking && connection.fresh_input &&
         !connection.input.empty() && connection.input.size() >= connection.wanted) {
    const std::size_t size = connection.input.size();
    std::size_t wanted = 0;
    std::size_t consumed = 0;
    {
      Lent lent = this->lent("on_bytes");
      const auto* data = static_cast<const std::uint8_t*>(lent.bytes(connection.input.data(), size));
      const CallScope scope("on_bytes", shards[connection.shard].get(), true);
      connection.reading = true;
      consumed = table->on_bytes(connection.protocol_shard(), connection.user, data, size, &wanted);
      connection.reading = false;
    }
    if (consumed > size) {
      violation("on_bytes consumed " + std::to_string(consumed) + " of " + std::to_string(size) + " bytes");
      consumed = size;
    }
    if (connection.moving) {
      if (consumed != 0) violation("on_bytes consumed bytes although it called move()");
      move(connection);
      continue;
    }
    connection.input.erase(0, consumed);
    connection.wanted = wanted;
    if (connection.gone_on) {
      if (!connection.input.empty()) violation("on_bytes left bytes although it called restart()");
      return close(connection, TRELLIS_CLOSE_MOVED);
    }
    // Without progress the same bytes make no sense again; after progress they may, as when an answer was pending.
    connection.fresh_input = consumed > 0;
  }
}

void World::move(FakeConnection& connection) {
  connection.moving = false;
  const auto* table = connection.protocol();
  {
    const CallScope scope("on_close", shards[connection.shard].get(), false);
    table->on_close(connection.protocol_shard(), connection.user, TRELLIS_CLOSE_MOVED);
  }
  connection.shard = connection.move_to;
  connection.flags |= TRELLIS_CONNECTION_MOVED;
  connection.wanted = 0;
  connection.timer_due_ms = 0;
  const CallScope scope("on_open", shards.at(connection.shard).get(), true);
  connection.user = table->on_open(connection.instance->shard(connection.shard), handle_of(connection));
  connection.open = connection.user != nullptr;
}

bool World::feed_all() {
  bool any = false;
  for (std::size_t i = 0; i < connections.size(); ++i) {
    FakeConnection& connection = *connections[i];
    const std::size_t before = connection.input.size();
    feed(connection);
    any = any || connection.input.size() != before;
  }
  return any;
}

bool World::run_answers() {
  for (std::size_t i = 0; i < connections.size(); ++i) {
    FakeConnection& connection = *connections[i];
    if (connection.answers.empty()) continue;
    const auto answer = std::move(connection.answers.front());
    connection.answers.pop_front();
    if (connection.open && !connection.closing) answer();
    return true;
  }
  return false;
}

bool World::finish_closing() {
  for (std::size_t i = 0; i < connections.size(); ++i) {
    if (!connections[i]->open || !connections[i]->closing) continue;
    close(*connections[i], connections[i]->goodbye);
    return true;
  }
  return false;
}

void World::close(FakeConnection& connection, std::uint32_t reason) {
  if (!connection.open) return;
  const auto* table = connection.protocol();
  {
    const CallScope scope("on_close", shards[connection.shard].get(), false);
    table->on_close(connection.protocol_shard(), connection.user, reason);
  }
  const std::lock_guard lock(mutex);
  connection.open = false;
  connection.reason = reason;
  connection.user = nullptr;
  for (const auto& subscriber : subscribers.all) {
    if (subscriber->attached != &connection) continue;
    violation("on_close left the subscriber \"" + subscriber->name + "\" attached");
    subscriber->attached = nullptr;
  }
}

void World::authenticate(FakeConnection& connection, const trellis_credentials& credentials) {
  if (connection.asking) violation("authenticate() while the last question is not answered");
  const auto has = [&](std::uint32_t flag) { return (credentials.flags & flag) != 0; };
  Client client;
  client.client_id = text(credentials.client_id);
  if (has(TRELLIS_CREDENTIALS_HAS_USERNAME)) client.username = text(credentials.username);
  if (has(TRELLIS_CREDENTIALS_HAS_PASSWORD)) client.password = text(credentials.password);
  if (has(TRELLIS_CREDENTIALS_HAS_METHOD)) client.method = text(credentials.authentication_method);
  client.data = text(credentials.authentication_data);
  client.user_properties = copy_pairs(credentials.user_properties, credentials.user_property_count);
  client.protocol = text(credentials.protocol);
  client.flags = credentials.flags;
  client.peer = connection.peer;
  client.listener = connection.listener;
  client.name_space = namespaces[connection.name_space].first;
  connection.asking = true;
  connection.client_id = client.client_id;
  AuthOutcome outcome;
  if (judge_client) {
    outcome = judge_client(client);
  } else {
    outcome.verdict = AuthVerdict::allow;
    outcome.name = client.username.value_or("");
  }
  if (outcome.verdict == AuthVerdict::pending) return;
  if (options.eager) {
    answer_authentication(connection, outcome);
  } else {
    connection.answers.emplace_back([this, &connection, outcome] { answer_authentication(connection, outcome); });
  }
}

void World::answer_authentication(FakeConnection& connection, const AuthOutcome& outcome) {
  connection.asking = false;
  // What waited behind the question may be looked at again.
  connection.fresh_input = true;
  connection.wanted = 0;
  if (outcome.verdict == AuthVerdict::allow) {
    connection.identity_facts = outcome;
    const AuthOutcome& kept = connection.identity_facts;
    connection.identity_attributes = view_pairs(kept.attributes);
    connection.identity = {
        sizeof(trellis_identity),
        static_cast<std::uint32_t>(kept.attributes.size()),
        view(kept.name),
        view("authenticator-of-the-test"),
        connection.identity_attributes.data(),
        kept.expires_at_ms,
        next_token++,
        Grant{.own_attributes = kept.own_attributes, .token = kept.token, .one_session = kept.one_session}.flags()};
  }
  const std::vector<trellis_pair> attributes = view_pairs(outcome.attributes);
  trellis_auth_answer answer{};
  answer.struct_size = sizeof answer;
  answer.verdict = static_cast<std::uint32_t>(outcome.verdict);
  answer.status = static_cast<trellis_status>(outcome.status);
  if (outcome.verdict == AuthVerdict::deny && outcome.status == Status::unset) answer.status = TRELLIS_NOT_AUTHORIZED;
  answer.reason = view(outcome.reason);
  answer.name = view(outcome.name);
  answer.data = view(outcome.data);
  answer.attributes = attributes.data();
  answer.attribute_count = static_cast<std::uint32_t>(attributes.size());
  answer.expires_at_ms = outcome.expires_at_ms;
  if (connection.told) return connection.told(answer);
  const auto* table = connection.protocol();
  if (table->on_authenticated == nullptr) return violation("authenticate() without on_authenticated");
  const CallScope scope("on_authenticated", shards[connection.shard].get(), true);
  table->on_authenticated(connection.protocol_shard(), connection.user, &answer);
}

void World::dispatch(FakeConnection& connection, const trellis_request& request, void* request_user) {
  RequestSample sample;
  sample.method = text(request.method);
  sample.path = text(request.path);
  sample.query = text(request.query);
  sample.body = text(request.body);
  sample.headers = copy_pairs(request.headers, request.header_count);
  sample.peer = connection.peer;
  sample.name_space = connection.name_space;
  const auto respond = [this, &connection, sample, request_user] {
    const ResponseSample answer = answer_request ? answer_request(sample) : ResponseSample{404, "not found\n", {}};
    if (answer.status == 0) return;  // the test plays a service that never answers
    const std::vector<trellis_pair> headers = view_pairs(answer.headers);
    const trellis_response response{sizeof(trellis_response), answer.status, headers.data(),
                                    static_cast<std::uint32_t>(headers.size()), view(answer.body)};
    const auto* table = connection.protocol();
    if (table->on_response == nullptr) return violation("dispatch() without on_response");
    const CallScope scope("on_response", shards[connection.shard].get(), true);
    table->on_response(connection.protocol_shard(), connection.user, request_user, &response);
  };
  if (options.eager) {
    respond();
  } else {
    connection.answers.emplace_back(respond);
  }
}

}  // namespace trellis::testing
