// The suite of every protocol, as far as all are alike.
#pragma once

#include <algorithm>
#include <trellis/testing/contract/plugin.hpp>

namespace trellis::testing {

struct ProtocolSamples : PluginSamples {
  /// What clients send, each on a connection of its own.
  static std::vector<std::string> inputs() { return {"hello\n", std::string(3000, '\xFF')}; }
  /// What of an answer is the same however the input came: where its order depends on that, its packets in another one.
  static std::string compared(const std::string& answer) { return answer; }
};

namespace contract {

template <class Samples>
class ProtocolContract : public ::testing::Test {
 protected:
  /// What a client gets that sends input in pieces of that size.
  static std::string received(Instance& instance, const std::string& input, std::size_t piece,
                              std::uint32_t shard = 0) {
    ProtocolConnection connection = ProtocolDriver(instance).connect({.shard = shard});
    std::string out = connection.received();
    for (std::size_t at = 0; at < input.size(); at += piece) {
      connection.send(input.substr(at, piece));
      out += connection.received();
    }
    connection.disconnect();
    return Samples::compared(out);
  }
};

TYPED_TEST_SUITE_P(ProtocolContract);

TYPED_TEST_P(ProtocolContract, AnswersTheSameHoweverBytesCome) {
  Running<TypeParam> plugin;
  for (const std::string& input : TypeParam::inputs()) {
    const std::string at_once = this->received(plugin.instance, input, input.size());
    EXPECT_EQ(this->received(plugin.instance, input, 1), at_once) << input.substr(0, 100);
    EXPECT_EQ(this->received(plugin.instance, input, 7), at_once) << input.substr(0, 100);
  }
}

TYPED_TEST_P(ProtocolContract, AnswersTheSameWithoutDelay) {
  for (const std::string& input : TypeParam::inputs()) {
    const auto answer = [&](bool eager) {
      Running<TypeParam> plugin(1, eager);
      return this->received(plugin.instance, input, input.size());
    };
    EXPECT_EQ(answer(true), answer(false)) << input.substr(0, 100);
  }
}

TYPED_TEST_P(ProtocolContract, EndsAtAnyPoint) {
  Running<TypeParam> plugin;
  for (const std::string& input : TypeParam::inputs()) {
    const std::size_t step = input.size() / 20 + 1;
    for (std::size_t size = 0; size <= input.size(); size += step) {
      this->received(plugin.instance, input.substr(0, size), input.size(), 1);
    }
  }
}

TYPED_TEST_P(ProtocolContract, SaysGoodbyeWhenTheBrokerStops) {
  for (const std::string& input : TypeParam::inputs()) {
    Running<TypeParam> plugin;
    ProtocolConnection stopped = ProtocolDriver(plugin.instance).connect();
    stopped.send(input);
    stopped.drain();
    ProtocolConnection silent = ProtocolDriver(plugin.instance).connect({.shard = 1});
    plugin.host.advance(std::chrono::minutes(10));
    silent.drain();
    ProtocolConnection revoked = ProtocolDriver(plugin.instance).connect();
    revoked.send(input);
    revoked.revoke();
  }
}

TYPED_TEST_P(ProtocolContract, TakesAReaderThatStops) {
  for (const std::string& input : TypeParam::inputs()) {
    Running<TypeParam> plugin;
    ProtocolConnection connection = ProtocolDriver(plugin.instance).connect();
    connection.stall();
    for (int i = 0; i < 5; ++i) connection.send(input);
    plugin.host.advance(std::chrono::minutes(1));
    connection.stall(false);
    connection.end(TRELLIS_CLOSE_BROKEN);
  }
}

REGISTER_TYPED_TEST_SUITE_P(ProtocolContract, AnswersTheSameHoweverBytesCome, AnswersTheSameWithoutDelay,
                            EndsAtAnyPoint, SaysGoodbyeWhenTheBrokerStops, TakesAReaderThatStops);

}  // namespace contract
}  // namespace trellis::testing
