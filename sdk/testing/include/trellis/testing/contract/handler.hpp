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
  /// Whether it settles by itself, without a peer that a test would have to play.
  static constexpr bool settles = false;
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
      const auto settled = [](const DeliveryWatch& watch) { return watch.outcome() != Outcome::waiting; };
      if (TypeParam::settles) {
        EXPECT_TRUE(plugin.host.wait([&] { return std::all_of(watches.begin(), watches.end(), settled); })) << one;
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
