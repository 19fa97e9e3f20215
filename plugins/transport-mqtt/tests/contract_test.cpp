// What every protocol promises.
#include <algorithm>
#include <trellis/testing/contract/protocol.hpp>

#include "transport_mqtt.hpp"
#include "wire.hpp"

namespace {

struct MqttSamples : trellis::testing::ProtocolSamples {
  using Plugin = trellis::mqtt::TransportMqtt;
  static std::vector<std::string> wrong_settings() { return {R"({"keep_alive": 1})"}; }
  static void prepare(trellis::testing::TestHost& host) {
    host.on_authenticate([](const trellis::testing::Client& client) {
      trellis::testing::AuthOutcome outcome;
      const bool right = client.username != "eve";
      outcome.verdict = right ? trellis::AuthVerdict::allow : trellis::AuthVerdict::deny;
      outcome.status = right ? trellis::Status::ok : trellis::Status::bad_credentials;
      outcome.name = client.client_id;
      return outcome;
    });
  }
  /// Messages come between the answers, or behind them.
  static std::string compared(const std::string& answer) {
    std::vector<std::string> packets;
    for (const wire::Answer& one : wire::split(answer)) packets.push_back(wire::packet(one.first, one.body));
    std::ranges::sort(packets);
    std::string out;
    for (const std::string& one : packets) out += one;
    return out;
  }
  static std::vector<std::string> inputs() {
    const std::string talk = wire::subscribe(1, {{"a/#", 1}}) +
                             wire::publish({.topic = "a/b", .payload = "1", .qos = 1, .id = 2}) +
                             wire::publish({.topic = "a/c", .payload = "2", .qos = 2, .id = 3}) + wire::ack(6, 3) +
                             wire::ack(4, 1) + wire::unsubscribe(4, {"a/#"}) + wire::pingreq();
    const std::string old = wire::subscribe(1, {{"a/#", 1}}, std::nullopt) +
                            wire::publish({.topic = "a/b", .payload = "1", .qos = 1, .id = 2, .properties = {}}) +
                            wire::pingreq();
    const wire::Will will{.topic = "wills", .payload = "gone", .qos = 1};
    return {wire::connect({.keep_alive = 60, .will = will}) + talk,
            wire::connect() + wire::disconnect(),
            wire::connect({.clean = false, .keep_alive = 60}) + talk,
            wire::connect({.version = 4}) + old,
            wire::connect({.version = 3}) + old,
            wire::connect({.username = "eve", .password = "guess"}) + talk,
            wire::connect() + wire::connect(),
            wire::connect() + wire::publish({.topic = "a/#"}),
            wire::pingreq(),
            "GET / HTTP/1.1\r\n\r\n",
            std::string(3000, '\xFF')};
  }
};
TRELLIS_CONTRACT_SUITE(Protocol, MqttSamples);

}  // namespace
