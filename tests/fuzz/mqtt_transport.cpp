// The MQTT transport in a kernel in miniature: whatever several clients send, in whatever pieces and however much time
// passes, it keeps the contract of protocols (TestHost ends the process where it does not) and answers well-formed
// packets.
//
// Input: a byte of options, then steps. A step is a byte, the kind in its lower four bits and the client in the upper
// ones, and what the kind needs: see Script::step().
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/testing/normalise.hpp>
#include <trellis/testing/test_host.hpp>

#include "fuzz.hpp"
#include "mqtt_peer.hpp"
#include "transport_mqtt.hpp"

namespace {

using trellis::fuzz::MqttPeer;
using trellis::fuzz::require;
using trellis::testing::AuthOutcome;

constexpr std::size_t kClients = 4;
constexpr std::size_t kMaxInput = 8192;

// Small enough to be reached, and what each switch turns off.
constexpr std::array<std::string_view, 4> kLimits{
    "{}", R"({"profile": "event-grid"})",
    R"({"packet_bytes": "1KiB", "receive_maximum": 2, "inflight_messages": 1, "topic_aliases": 1, "queue_messages": 2,
        "outgoing_topic_aliases": 1, "subscriptions": 2, "subscribe_filters": 2, "topic_levels": 3, "topic_bytes": "20B",
        "queue_overflow": "terminate_session", "keep_alive": "2s", "session_expiry": "60s", "queue_qos0": true})",
    R"({"maximum_qos": 1, "retained": false, "wildcard_subscriptions": false, "shared_subscriptions": false,
        "mqtt3_shared_subscriptions": false, "subscription_identifiers": false, "empty_client_ids": false,
        "control_user_properties": false, "zero_message_expiry": "never", "refused_delivery": "disconnect",
        "response_information": "answers/", "payload_bytes": "9B", "client_id_bytes": "9B", "property_bytes": "9B"})"};

std::string limits_block(std::size_t index) {
  static const std::array<std::string, kLimits.size()> blocks = [] {
    std::array<std::string, kLimits.size()> made;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const auto block =
          trellis::testing::normalise(trellis::mqtt::TransportMqtt::namespace_schema().json(), kLimits[i]);
      require(block.has_value(), "the limits of this target are right");
      made[i] = *block;
    }
    return made;
  }();
  return blocks[index];
}

trellis::testing::TestHostOptions host_options(std::uint8_t options) {
  trellis::testing::TestHostOptions out;
  out.eager = (options & 1) != 0;
  out.shards = (options & 2) != 0 ? 2 : 1;
  return out;
}

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size), options_(byte()), host_(host_options(options_)) {
    host_.name_space("default", limits_block(options_ >> 2 & 3));
    host_.on_authenticate([this](const trellis::testing::Client& client) { return judge(client); });
    host_.on_authorize(
        [](trellis::Action, std::string_view, std::string_view topic) { return !topic.starts_with("no"); });
    host_.on_publish([](const trellis::testing::Sample& message) {
      return message.topic.starts_with("full") ? trellis::Status::quota : trellis::Status::unset;
    });
    driver_.emplace(host_.load<trellis::mqtt::TransportMqtt>());
  }

  void run() {
    while (!rest_.empty()) {
      step();
      for (auto& client : clients_) {
        if (client) client->check();
      }
    }
    for (auto& client : clients_) {
      if (client) client->connection().disconnect();
    }
    for (const std::string_view version : {"3.1", "3.1.1", "5.0"}) {
      const std::string label = "version=\"" + std::string(version) + "\"";
      require(host_.metric("trellis_mqtt_connections", label) == 0, "no connection is counted when none is left");
    }
  }

 private:
  void step() {
    const std::uint8_t head = byte();
    const std::size_t index = (head >> 4) % kClients;
    switch (head & 0x0F) {
      case 0:
        return host_.advance(std::chrono::milliseconds(1ULL << byte() % 24));
      case 1:
        return end(index, byte());
      case 2:
        return client(index).connection().stall((byte() & 1) != 0);
      case 3:
        return client(index).connection().drain();
      case 4:
        return answer(index, byte());
      case 5:
        return publish(byte());
      case 6:
        return host_.end_subscriber("c" + std::to_string(index), TRELLIS_ENDED_EXPIRED + byte() % 3);
      case 7:  // byte by byte
        for (const char one : bytes(byte())) client(index).send({&one, 1});
        return;
      default: {
        // Everything in two pieces or in one, so that packets end in the middle of a piece.
        const std::string_view data = bytes(byte());
        const std::size_t cut = (head & 1) != 0 ? data.size() / 2 : data.size();
        client(index).send(data.substr(0, cut));
        if (cut < data.size()) client(index).send(data.substr(cut));
      }
    }
  }

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::string_view bytes(std::size_t size) {
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(out.size());
    return out;
  }

  // A client that is gone dials again.
  MqttPeer& client(std::size_t index) {
    auto& slot = clients_[index];
    if (!slot || !slot->open()) {
      trellis::testing::ConnectOptions options;
      options.peer = std::to_string(index);
      options.shard = static_cast<std::uint32_t>(index % host_options(options_).shards);
      asked_[index] = false;
      slot.emplace(driver_->connect(options));
    }
    return *slot;
  }

  void end(std::size_t index, std::uint8_t how) {
    constexpr std::uint32_t reasons[] = {TRELLIS_CLOSE_PEER, TRELLIS_CLOSE_OVERFLOW, TRELLIS_CLOSE_SHUTDOWN,
                                         TRELLIS_CLOSE_LAYER, TRELLIS_CLOSE_EXPIRED};
    client(index).connection().end(reasons[how % std::size(reasons)]);
  }

  // The user name or the data of the exchange says what becomes of a client.
  AuthOutcome judge(const trellis::testing::Client& client) {
    const std::string word = client.method ? client.data : client.username.value_or("");
    AuthOutcome outcome = outcome_of(word.empty() ? '\0' : word.front());
    if (client.method) outcome.data = "data";
    asked_[static_cast<std::size_t>(client.peer.front() - '0')] = outcome.verdict == trellis::AuthVerdict::pending;
    return outcome;
  }
  AuthOutcome outcome_of(char word) const {
    AuthOutcome outcome;
    outcome.verdict = word == 'w'   ? trellis::AuthVerdict::pending
                      : word == 'c' ? trellis::AuthVerdict::challenge
                      : word == 'd' ? trellis::AuthVerdict::deny
                                    : trellis::AuthVerdict::allow;
    outcome.name = "name";
    if (word == 'd') outcome.reason = "denied";
    if (word == 'b') outcome.verdict = trellis::AuthVerdict::deny, outcome.status = trellis::Status::bad_method;
    if (word == 'x') outcome.expires_at_ms = host_.wall().count() + 30'000;
    return outcome;
  }
  void answer(std::size_t index, std::uint8_t word) {
    if (!asked_[index] || !clients_[index] || !clients_[index]->open()) return;
    if (word == 'w') return;
    asked_[index] = false;
    clients_[index]->connection().authenticated(outcome_of(static_cast<char>(word)));
  }

  void publish(std::uint8_t what) {
    trellis::testing::Sample message;
    message.topic = (what & 4) != 0 ? "a" : "a/b";
    message.payload = std::string(what >> 5 << 6, 'p');
    message.qos = what & 3U;
    if (message.qos == 3) message.qos = 0;
    message.retain = (what & 8) != 0;
    if ((what & 16) != 0) {
      message.expiry_s = 1;
      message.user_properties = {{"name", "value"}};
      message.response_topic = "r";
    }
    host_.publish(message);
  }

  std::string_view rest_;
  std::uint8_t options_;
  trellis::testing::TestHost host_;
  std::optional<trellis::testing::ProtocolDriver> driver_;
  std::array<std::optional<MqttPeer>, kClients> clients_;
  std::array<bool, kClients> asked_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0 && size <= kMaxInput) Script(data, size).run();
  return 0;
}
