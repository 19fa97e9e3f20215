#include "support/crash_load.hpp"

#include <algorithm>
#include <stdexcept>

#include "support/faulty_store.hpp"
#include "support/http_client.hpp"
#include "support/raw_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

constexpr unsigned kWriters = 4;
constexpr unsigned kNames = 8;  // of one writer
constexpr const char* kToken = "write-token-0123456789";

std::string name_of(unsigned writer, std::uint64_t at) {
  return std::to_string(writer) + "-" + std::to_string(at % kNames);
}

// ---- retained messages: a topic for each name, the number is the payload

/// One connection, until it ends.
void publish_until_stopped(RawClient& client, unsigned writer, const std::string& above, bool retain,
                           Acknowledged& items) {
  std::map<std::uint16_t, std::pair<std::string, std::uint64_t>> under_way;
  for (std::uint64_t turn = 0; !items.stopped();) {
    for (; under_way.size() < 20; ++turn) {
      const std::string name = name_of(writer, turn);
      const std::uint64_t number = items.next(name);
      const auto id = client.send_publish({.topic = above + name,
                                           .payload = std::to_string(number),
                                           .qos = static_cast<std::uint8_t>(1 + turn % 2),
                                           .retain = retain});
      under_way[id] = {name, number};
    }
    const auto answer = client.receive();
    if (!answer || answer->type == PacketType::disconnect) return items.refuse();
    if (answer->type == PacketType::pubcomp) continue;
    const auto item = under_way.extract(answer->packet_id).mapped();
    if (answer->reason >= 0x80) {
      items.refuse();
      continue;
    }
    items.acknowledge(item.first, item.second);
    if (answer->type == PacketType::pubrec) client.send_ack(PacketType::pubrel, answer->packet_id);
  }
}

void publish_retained(std::uint16_t port, unsigned writer, Acknowledged& items) {
  RawClient client(port);
  client.connect({.client_id = "writer-" + std::to_string(writer)});
  publish_until_stopped(client, writer, "crash/", true, items);
}

Found read_retained(const Ports& ports) {
  RawClient client(ports.mqtt);
  client.connect({.client_id = "reader"});
  client.subscribe({{.filter = "end"}});
  client.subscribe({{.filter = "crash/+"}});
  client.send_publish({.topic = "end", .payload = "end"});
  Found found;
  while (true) {
    const Packet packet = client.expect(PacketType::publish);
    if (packet.topic == "end") return found;
    found[packet.topic.substr(packet.topic.find('/') + 1)].push_back(std::stoull(packet.payload));
  }
}

// ---- messages that wait for a session: one for each writer, the number is the payload

/// Whether it was there already. It lives for so long after its connection.
bool go_on_with_session(RawClient& client, unsigned writer, std::uint32_t expiry_s) {
  Connect connect{.client_id = "session-" + std::to_string(writer), .clean = false};
  connect.properties.add(Prop::session_expiry, expiry_s);
  return client.connect(connect).session_present;
}

void publish_for_session(std::uint16_t port, unsigned writer, Acknowledged& items) {
  {
    RawClient session(port);
    if (!go_on_with_session(session, writer, 3600))
      session.subscribe({{.filter = "wait/" + std::to_string(writer) + "/#", .qos = 2}});
    session.send_disconnect();
  }
  RawClient client(port);
  client.connect({.client_id = "sender-" + std::to_string(writer)});
  publish_until_stopped(client, writer, "wait/" + std::to_string(writer) + "/", false, items);
}

Found read_sessions(const Ports& ports) {
  Found found;
  for (unsigned writer = 0; writer < kWriters; ++writer) {
    RawClient client(ports.mqtt);
    if (!go_on_with_session(client, writer, 0)) continue;
    const std::string end = "wait/" + std::to_string(writer) + "/end";
    RawClient sender(ports.mqtt);
    sender.connect({.client_id = "end"});
    // A session may be left without its subscription, which came after it: then all it had is missing.
    if (sender.publish({.topic = end, .payload = "end", .qos = 1})->reason == 0x10) continue;
    // What waits comes first, completions between it.
    for (bool more = true; more;) {
      const Packet packet = client.receive().value();
      if (packet.type == PacketType::pubrel) {
        client.send_ack(PacketType::pubcomp, packet.packet_id);
        continue;
      }
      if (packet.qos > 0) client.send_ack(packet.qos == 1 ? PacketType::puback : PacketType::pubrec, packet.packet_id);
      more = packet.payload != "end";
      if (more) found[packet.topic.substr(packet.topic.rfind('/') + 1)].push_back(std::stoull(packet.payload));
    }
    client.send_disconnect();
  }
  return found;
}

// ---- resources: one for each name, the number is a property

std::string head(const std::string& verb, const std::string& name) {
  return verb + " /management/namespaces/default/machines/m-" + name +
         " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + kToken + "\r\n";
}

void put_resources(std::uint16_t port, unsigned writer, Acknowledged& items) {
  HttpClient client(port);
  for (std::uint64_t turn = 0; !items.stopped(); ++turn) {
    const std::string name = name_of(writer, turn);
    const std::uint64_t number = items.next(name);
    const std::string body = R"({"properties": {"power": )" + std::to_string(number) + "}}";
    client.send(head("PUT", name) + "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    const HttpAnswer answer = client.receive();
    if (answer.status == 200 || answer.status == 201) {
      items.acknowledge(name, number);
    } else if (answer.status == 503) {
      items.refuse();
    } else {
      throw std::logic_error("PUT of a resource: " + answer.head + answer.body);
    }
  }
}

Found read_resources(const Ports& ports) {
  HttpClient client(ports.web);
  Found found;
  for (unsigned i = 0; i < kWriters * kNames; ++i) {
    const std::string name = name_of(i / kNames, i);
    client.send(head("GET", name) + "\r\n");
    const HttpAnswer answer = client.receive();
    static constexpr std::string_view kPower = "\"power\":";
    const auto at = answer.body.find(kPower);
    if (answer.status == 200) found[name].push_back(std::stoull(answer.body.substr(at + kPower.size())));
  }
  return found;
}

/// Again and again until nobody is there any more: who is cut off by a store that fails comes back.
template <typename Write>
auto persistent(std::uint16_t Ports::*port, Write write) {
  return [port, write](const Ports& ports, unsigned writer, Acknowledged& items) {
    while (!items.stopped()) {
      try {
        write(ports.*port, writer, items);
      } catch (const std::runtime_error&) {
        items.refuse();
        try {
          HttpClient probe(ports.*port);
        } catch (const std::runtime_error&) {
          return;
        }
      }
    }
  };
}

}  // namespace

const std::vector<DataKind>& data_kinds() {
  static const std::vector<DataKind> kinds = {
      {.name = "retained messages",
       .levels = {"volatile", "written", "synced"},
       .replaces = true,
       .write = persistent(&Ports::mqtt, publish_retained),
       .read = read_retained},
      {.name = "messages of sessions",
       .levels = {"volatile", "written", "synced"},
       .replaces = false,
       .write = persistent(&Ports::mqtt, publish_for_session),
       .read = read_sessions},
      {.name = "resources",
       .levels = {"synced"},
       .replaces = true,
       .write = persistent(&Ports::web, put_resources),
       .read = read_resources},
  };
  return kinds;
}

const DataKind& data_kind(const std::string& name) {
  return *std::find_if(data_kinds().begin(), data_kinds().end(), [&](const DataKind& one) { return one.name == name; });
}

std::string crash_config(const std::string& level, const std::string& store_config) {
  const Site site{
      .shards = 2,
      .plugins = FaultyStore::plugin(R"(, "free_space": "0B")" + store_config) + R"(, "service-machines": {"file": ")" +
                 test_plugins() + R"(/service-machines.so"},
                                 "service-management": {"config": {"tokens": [{"name": "ops", "token": ")" +
                 kToken + R"(", "permissions": "write"}]}})",
      .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                                   "services": {"/": "service-machines", "/management": "service-management"}},)",
      .root = R"("store": "store-journal")",
      .space = R"("retained": {"durability": ")" + level + R"("}, "sessions": {"durability": ")" + level + R"("})",
      .mqtt = R"("queue_messages": 10000000, "queue_bytes": "4GiB")"};
  return site.config();
}

Ports ports_of(const Broker& broker) { return {broker.port("mqtt"), broker.port("web")}; }

// ---- who writes

Writers::Writers(const DataKind& kind, const Broker& broker, Acknowledged& items, unsigned count) : items_(items) {
  items.begin_round();
  for (unsigned i = 0; i < std::min(count, kWriters); ++i) {
    threads_.emplace_back([&kind, &items, ports = ports_of(broker), i] { kind.write(ports, i, items); });
  }
}

Writers::~Writers() { join(); }

void Writers::join() {
  items_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

// ---- what was acknowledged

void Loss::add(const Loss& round) {
  rounds += round.rounds;
  acknowledged += round.acknowledged;
  missing += round.missing;
  duplicates += round.duplicates;
  invented += round.invented;
  if (example.empty()) example = round.example;
  oldest = std::max(oldest, round.oldest);
}

void Acknowledged::begin_round() {
  const std::lock_guard lock(mutex_);
  items_.clear();
  count_ = refused_ = 0;
  stopped_ = false;
}

std::uint64_t Acknowledged::next(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return ++numbers_[name];
}

void Acknowledged::acknowledge(const std::string& name, std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  items_[name].push_back({number, Clock::now()});
  ++count_;
  changed_.notify_all();
}

void Acknowledged::refuse() {
  const std::lock_guard lock(mutex_);
  ++refused_;
  changed_.notify_all();
}

bool Acknowledged::wait(std::uint64_t acknowledged, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return count_ >= acknowledged; });
}

bool Acknowledged::wait_for_refusals(std::uint64_t refused, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return refused_ >= refused; });
}

void Acknowledged::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

bool Acknowledged::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

Loss Acknowledged::compare(const Found& found, bool replaces, Clock::time_point fault) const {
  const std::lock_guard lock(mutex_);
  Loss loss{.rounds = 1, .acknowledged = count_};
  for (const auto& [name, numbers] : found) {
    std::map<std::uint64_t, std::uint64_t> copies;
    for (const std::uint64_t number : numbers) ++copies[number];
    const auto most = numbers_.find(name);
    for (const auto& [number, times] : copies) {
      loss.duplicates += times - 1;
      loss.invented += most == numbers_.end() || number > most->second ? times : 0;
    }
    if (replaces) loss.duplicates += copies.size() - 1;
  }
  for (const auto& [name, items] : items_) {
    const auto there = found.find(name);
    for (const Item& item : items) {
      const auto stands_for = [&](std::uint64_t number) {
        return replaces ? number >= item.number : number == item.number;
      };
      if (there != found.end() && std::any_of(there->second.begin(), there->second.end(), stands_for)) continue;
      if (loss.missing++ == 0) {
        loss.example = name + ": acknowledged " + std::to_string(items.back().number) + ", found";
        if (there != found.end()) loss.example += " " + std::to_string(there->second.back());
      }
      loss.oldest = std::max(loss.oldest, std::chrono::duration_cast<std::chrono::milliseconds>(fault - item.at));
    }
  }
  return loss;
}

}  // namespace trellis::testing
