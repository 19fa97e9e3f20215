// Connections that plugins dial: kept until the test answers them.
#include <algorithm>
#include <stdexcept>

#include "connection_tables.hpp"

namespace trellis::testing {
namespace {

trellis_token add(trellis_host* host, trellis_shard* shard, FakeDial wanted, std::string_view function) {
  const HostWork work;
  FakeShard& fake = shard_of(shard);
  World& world = *fake.world;
  const std::lock_guard lock(world.mutex);
  world.expect_shard(function, &fake);
  wanted.token = world.next_token++;
  wanted.instance = handle_of(host).instance;
  wanted.request.shard = fake.index;
  world.dials.push_back(std::move(wanted));
  return world.dials.back().token;
}

trellis_token dial(trellis_host* host, trellis_shard* shard, const trellis_dial_target* target,
                   const trellis_protocol* protocol, void* user, trellis_dial_failed_fn failed) {
  DialRequest request;
  request.host = text(target->host);
  request.port = target->port;
  request.secure = (target->flags & TRELLIS_DIAL_SECURE) != 0;
  request.layer = text(target->layer);
  request.alpn = text(target->alpn);
  request.timeout = std::chrono::milliseconds(target->timeout_ms);
  return add(host, shard, {0, nullptr, std::move(request), protocol, user, failed, nullptr}, "dial.dial");
}

bool cancel(trellis_shard* shard, trellis_token token) {
  World& world = *shard_of(shard).world;
  const std::lock_guard lock(world.mutex);
  world.expect_shard("dial.cancel", &shard_of(shard));
  return std::erase_if(world.dials, [&](const FakeDial& wanted) { return wanted.token == token; }) > 0;
}

trellis_token lookup_texts(trellis_host* host, trellis_shard* shard, trellis_view name, void* user,
                           trellis_texts_fn answer) {
  DialRequest request;
  request.host = text(name);
  return add(host, shard, {0, nullptr, std::move(request), nullptr, user, nullptr, answer}, "dial.lookup_texts");
}

constexpr trellis_host_dial kDial{sizeof(trellis_host_dial), &dial, &cancel, &lookup_texts};

bool is_dial(const FakeDial& wanted) { return wanted.texts == nullptr; }

}  // namespace

const trellis_host_dial* dial_table() { return &kDial; }

FakeDial World::take_dial() {
  const auto found = std::find_if(dials.begin(), dials.end(), is_dial);
  if (found == dials.end()) throw std::out_of_range("no plugin dials anybody");
  FakeDial wanted = std::move(*found);
  dials.erase(found);
  return wanted;
}

FakeConnection* World::open_dialled(const std::map<std::string, std::string>& facts) {
  const FakeDial wanted = take_dial();
  auto made = std::make_unique<FakeConnection>();
  made->world = this;
  made->instance = wanted.instance;
  made->shard = wanted.request.shard;
  made->flags = TRELLIS_CONNECTION_DIALLED;
  if (wanted.request.secure) made->flags |= TRELLIS_CONNECTION_SECURE;
  made->facts = facts;
  made->peer = wanted.request.host + ":" + std::to_string(wanted.request.port);
  made->dialled = true;
  made->spoken = wanted.protocol;
  made->dialled_user = wanted.user;
  made->host = wanted.request.host;
  made->port = wanted.request.port;
  made->alpn = wanted.request.alpn;
  made->last_input_ms = now_ms;
  made->open = true;
  FakeConnection& connection = add(std::move(made));
  const CallScope scope("on_open", shards.at(connection.shard).get(), true);
  connection.user = connection.spoken->on_open(wanted.user, handle_of(connection));
  connection.open = connection.user != nullptr;
  return &connection;
}

void World::fail_dial(std::uint32_t reason, std::string_view why) {
  const FakeDial wanted = take_dial();
  const CallScope scope("failed", shards.at(wanted.request.shard).get(), false);
  wanted.failed(wanted.user, reason, view(why));
}

void World::end_dials(const Instance& instance) {
  const auto own = [&](const FakeDial& wanted) { return wanted.instance == &instance; };
  while (true) {
    const auto found = std::find_if(dials.begin(), dials.end(), own);
    if (found == dials.end()) return;
    const FakeDial wanted = std::move(*found);
    dials.erase(found);
    const CallScope scope("failed", shards.at(wanted.request.shard).get(), false);
    if (is_dial(wanted)) {
      wanted.failed(wanted.user, TRELLIS_DIAL_STOPPED, view("the plugin stops"));
    } else {
      wanted.texts(wanted.user, TRELLIS_UNAVAILABLE, nullptr, 0);
    }
  }
}

bool World::answer_lookups() {
  const auto found = std::find_if_not(dials.begin(), dials.end(), is_dial);
  if (found == dials.end()) return false;
  const FakeDial wanted = std::move(*found);
  dials.erase(found);
  const auto known = texts.find(wanted.request.host);
  const CallScope scope("the answer to lookup_texts", shards.at(wanted.request.shard).get(), false);
  if (known == texts.end()) {
    wanted.texts(wanted.user, TRELLIS_NO_MATCH, nullptr, 0);
  } else if (!known->second) {
    wanted.texts(wanted.user, TRELLIS_UNAVAILABLE, nullptr, 0);
  } else {
    std::vector<trellis_view> found_texts;
    for (const std::string& one : *known->second) found_texts.push_back(view(one));
    wanted.texts(wanted.user, TRELLIS_OK, found_texts.data(), static_cast<std::uint32_t>(found_texts.size()));
  }
  return true;
}

std::vector<DialRequest> TestHost::dials() const {
  std::vector<DialRequest> wanted;
  for (const FakeDial& one : world_->dials) {
    if (is_dial(one)) wanted.push_back(one.request);
  }
  return wanted;
}

ProtocolConnection TestHost::answer_dial(const std::map<std::string, std::string>& facts) {
  FakeConnection* const connection = world_->open_dialled(facts);
  world_->settle();
  return ProtocolConnection(*connection);
}

void TestHost::fail_dial(std::uint32_t reason, std::string_view why) {
  world_->fail_dial(reason, why);
  world_->settle();
}

void TestHost::set_texts(std::string_view name, std::optional<std::vector<std::string>> found) {
  world_->texts.insert_or_assign(std::string(name), std::move(found));
}

}  // namespace trellis::testing
