/// A TestHost with the plugin loaded and clients that speak bytes to it.
#pragma once

#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <trellis/testing/normalise.hpp>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "transport_mqtt.hpp"
#include "wire.hpp"

namespace trellis::mqtt {

/// Reason code of a DISCONNECT, -1 for another packet.
inline int disconnect_reason(const wire::Answer& answer) {
  return answer.type() == 14 ? static_cast<int>(answer.at(0)) : -1;
}

/// One end of a connection.
class Peer {
 public:
  explicit Peer(testing::ProtocolConnection connection) : connection_(connection) {}

  Peer& send(std::string_view bytes) {
    connection_.send(bytes);
    return *this;
  }
  std::vector<wire::Answer> answers() { return wire::split(connection_.received()); }
  /// Exactly one packet is expected.
  wire::Answer answer() {
    const auto all = answers();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? wire::Answer{} : all.front();
  }
  wire::Answer ask(std::string_view bytes) {
    send(bytes);
    return answer();
  }
  std::string bytes() { return connection_.received(); }
  bool open() const { return connection_.open(); }
  testing::ProtocolConnection& connection() { return connection_; }

 private:
  testing::ProtocolConnection connection_;
};

class Broker {
 public:
  /// limits: the namespace's block for the plugin.
  explicit Broker(std::string_view limits = "{}", const testing::TestHostOptions& options = {}) : host(options) {
    const auto block = testing::normalise(TransportMqtt::namespace_schema().json(), limits);
    if (!block) throw std::invalid_argument(block.error().text);
    host.name_space("default", *block);
    driver_ = std::make_unique<testing::ProtocolDriver>(host.load<TransportMqtt>());
  }

  Peer dial(const testing::ConnectOptions& options = {}) { return Peer(driver_->connect(options)); }
  /// A client that was accepted; its CONNACK is taken.
  Peer connect(const wire::Connect& options = {}) {
    Peer peer = dial();
    const auto connack = peer.ask(wire::connect(options));
    EXPECT_EQ(connack.type(), 2U);
    EXPECT_EQ(connack.at(1), 0U);
    return peer;
  }

  testing::TestHost host;

 private:
  std::unique_ptr<testing::ProtocolDriver> driver_;
};

}  // namespace trellis::mqtt
