// The shared broker and the small helpers every test uses.
#include "support/mqtt_test.hpp"

#include <unistd.h>

#include <memory>

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
