// The suite of every handler.
#pragma once

#include <algorithm>
#include <trellis/testing/contract/plugin.hpp>

namespace trellis::testing {

struct HandlerSamples : PluginSamples {
  /// Destinations that it opens.
  static std::vector<std::string> destinations() { return {"{}"}; }
  /// Destinations that it refuses.
  static std::vector<std::string> wrong_destinations() { return {}; }
  /// Whether it settles everything within minutes of the host's clock and seconds of real time, with nobody but whom
  /// dialled() plays.
  static constexpr bool settles = true;
};

namespace contract {

template <class Samples>
class HandlerContract : public ::testing::Test {
 protected:
  static std::vector<Sample> events() {
    return {{.topic = "a", .payload = R"({"specversion": "1.0", "id": "1", "source": "/a", "type": "t"})"},
            {.topic = "b/c", .payload = "21", .qos = 1, .user_properties = {{"id", "2"}}},
            {.topic = "d", .payload = std::string("\0\xFF", 2)},
            {.topic = "e"}};
  }
  /// Whether all are settled, those among them whose time has to be up first.
  static bool settled(Running<Samples>& plugin, const std::vector<DeliveryWatch>& watches) {
    const auto done = [&] {
      return std::all_of(watches.begin(), watches.end(),
                         [](const DeliveryWatch& watch) { return watch.outcome() != Outcome::waiting; });
    };
    for (int i = 0; i < 20 && !plugin.wait(done, std::chrono::milliseconds(20)); ++i) {
      plugin.host.advance(std::chrono::seconds(10));
    }
    return plugin.wait(done);
  }
};

TYPED_TEST_SUITE_P(HandlerContract);

TYPED_TEST_P(HandlerContract, OpensItsDestinations) {
  Running<TypeParam> plugin;
  for (const std::string& one : TypeParam::destinations()) {
    EXPECT_EQ(HandlerDriver(plugin.instance).refusal(one), "") << one;
  }
}

TYPED_TEST_P(HandlerContract, RefusesWrongDestinationsAndSaysWhy) {
  Running<TypeParam> plugin;
  for (const std::string& one : TypeParam::wrong_destinations()) {
    EXPECT_NE(HandlerDriver(plugin.instance).refusal(one), "") << "opens " << one;
  }
  for (const char* strange : {"", "{", "[]", "1", "\xFF"}) HandlerDriver(plugin.instance).refusal(strange);
}

TYPED_TEST_P(HandlerContract, SettlesEachDeliveryOnce) {
  Running<TypeParam> plugin;
  for (const std::string& one : TypeParam::destinations()) {
    const OpenDestination open = HandlerDriver(plugin.instance).open(one);
    for (const std::uint32_t shard : {0U, 1U}) {
      const auto watches = open.deliver(this->events(), shard);
      if (TypeParam::settles) {
        EXPECT_TRUE(this->settled(plugin, watches)) << one;
      }
      plugin.host.advance(std::chrono::minutes(1));
    }
  }
}

TYPED_TEST_P(HandlerContract, IsLeftWhileItDelivers) {
  Running<TypeParam> plugin;
  for (const std::string& one : TypeParam::destinations()) {
    HandlerDriver(plugin.instance).open(one).deliver(this->events());
    HandlerDriver(plugin.instance).open(one).deliver(this->events(), 1, 3);
  }
  plugin.host.advance(std::chrono::minutes(1));
}

TYPED_TEST_P(HandlerContract, DeliversForSeveralShardsAtOnce) {
  Running<TypeParam> plugin(3);
  for (const std::string& one : TypeParam::destinations()) {
    const OpenDestination open = HandlerDriver(plugin.instance).open(one);
    plugin.host.at_once([&](std::uint32_t shard) {
      for (int round = 0; round < 5; ++round) open.deliver(this->events(), shard);
    });
  }
}

REGISTER_TYPED_TEST_SUITE_P(HandlerContract, OpensItsDestinations, RefusesWrongDestinationsAndSaysWhy,
                            SettlesEachDeliveryOnce, IsLeftWhileItDelivers, DeliversForSeveralShardsAtOnce);

}  // namespace contract
}  // namespace trellis::testing
