// The shared broker and the small helpers every test uses.
#include "support/mqtt_test.hpp"

#include <unistd.h>

#include <memory>
#include <stdexcept>

namespace trellis::testing {

Broker& MqttTest::shared_broker() {
  static std::unique_ptr<Broker> broker;
  if (!broker || !broker->process().running()) broker = std::make_unique<Broker>();
  return *broker;
}

std::uint32_t MqttTest::next_number() {
  static std::uint32_t number = 0;
  return ++number;
}

MqttTest::MqttTest() : prefix_("t" + std::to_string(getpid()) + "n" + std::to_string(next_number())) {}

void MqttTest::TearDown() {
  if (used_ != nullptr && !used_->process().running())
    ADD_FAILURE() << "the broker died. It printed:\n" << used_->output();
}

std::string MqttTest::unique(const std::string& name) const { return prefix_ + name; }

RawClient MqttTest::open(Version version, RawClient::Where where) {
  used_ = &broker();
  return RawClient(used_->port(), version, where);
}

RawClient MqttTest::connected(Version version, Connect connect, RawClient::Where where) {
  if (connect.client_id.empty()) connect.client_id = unique("c" + std::to_string(next_number()));
  auto client = open(version, where);
  client.connect(connect, where);
  return client;
}

RawClient MqttTest::subscribed(Version version, const Filter& filter, RawClient::Where where) {
  auto client = connected(version, {}, where);
  client.subscribe({filter}, {}, where);
  return client;
}

void MqttTest::expect_no_more(RawClient& publisher, RawClient& subscriber, RawClient::Where where) {
  const auto topic = unique("/last" + std::to_string(next_number()));
  subscriber.subscribe({{.filter = topic}}, {}, where);
  publisher.send_publish({.topic = topic, .payload = "last"});
  subscriber.expect_publish("last", where);
}

std::vector<Packet> MqttTest::drain(RawClient& publisher, RawClient& subscriber, RawClient::Where where) {
  const auto topic = unique("/last" + std::to_string(next_number()));
  subscriber.send_subscribe({.filters = {{.filter = topic}}});
  std::vector<Packet> found;
  for (;;) {
    auto packet = subscriber.receive(where);
    if (!packet) throw std::runtime_error("the broker closed while messages were awaited");
    if (packet->type == PacketType::suback) publisher.send_publish({.topic = topic, .payload = "last"});
    if (packet->type != PacketType::publish) continue;
    if (packet->topic == topic) return found;
    if (packet->qos == 1) subscriber.acknowledge(*packet);
    found.push_back(std::move(*packet));
  }
}

Connect MqttTest::keeping(Version version, const std::string& client_id, bool clean) {
  Connect connect{.client_id = client_id, .clean = clean};
  if (version == Version::v5) connect.properties.add(Prop::session_expiry, 120);
  return connect;
}

void MqttTest::pass_a_second() {
  const auto topic = unique("/second" + std::to_string(next_number()));
  auto watcher = subscribed(Version::v5, {.filter = topic});
  auto delay = Properties().add(Prop::will_delay, 1);
  auto clock = connected(Version::v5, {.properties = Properties().add(Prop::session_expiry, 60),
                                       .will = Will{.topic = topic, .payload = "passed", .properties = delay}});
  clock.reset();
  watcher.expect_publish("passed");
}

std::string version_name(const ::testing::TestParamInfo<Version>& info) {
  switch (info.param) {
    case Version::v31:
      return "v31";
    case Version::v311:
      return "v311";
    case Version::v5:
      return "v5";
  }
  return "unknown";
}

}  // namespace trellis::testing
