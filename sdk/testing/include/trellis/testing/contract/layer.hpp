// The suite of every layer.
#pragma once

#include <algorithm>
#include <trellis/testing/contract/plugin.hpp>

namespace trellis::testing {

struct LayerSamples : PluginSamples {
  /// What the other end sends, each on a connection of its own: clients, or the one dialled where it dials only.
  static std::vector<std::string> inputs() { return {"hello\n", std::string(3000, '\xFF')}; }
};

namespace contract {

template <class Samples>
class LayerContract : public ::testing::Test {
 protected:
  /// A connection that takes input in pieces of that size; what came of it.
  static std::string raised(Instance& instance, const std::string& input, std::size_t piece, std::uint32_t shard = 0) {
    LayerConnection connection = serves(instance) ? LayerDriver(instance).connect(shard) : dialled(instance, shard);
    if (!connection.accepted()) return "refused";
    std::string out;
    bool goes_on = true;
    for (std::size_t at = 0; at < input.size() && goes_on; at += piece) {
      goes_on = connection.input(input.substr(at, piece));
      out += connection.up();
    }
    if (goes_on) connection.output("from the protocol");
    connection.close();
    return out + (goes_on ? "" : ", then it gives up");
  }
  static LayerConnection dialled(Instance& instance, std::uint32_t shard = 0) {
    return LayerDriver(instance).dial("broker.test", 8883, {}, shard);
  }
  static bool serves(Instance& instance) {
    return (instance.table<trellis_layer>()->flags & TRELLIS_LAYER_DIALS_ONLY) == 0;
  }
};

TYPED_TEST_SUITE_P(LayerContract);

TYPED_TEST_P(LayerContract, MakesTheSameOfBytesHoweverTheyCome) {
  Running<TypeParam> plugin;
  for (const std::string& input : TypeParam::inputs()) {
    const std::string at_once = this->raised(plugin.instance, input, input.size());
    EXPECT_EQ(this->raised(plugin.instance, input, 1), at_once) << input.substr(0, 100);
    EXPECT_EQ(this->raised(plugin.instance, input, 7, 1), at_once) << input.substr(0, 100);
  }
}

TYPED_TEST_P(LayerContract, EndsAtAnyPoint) {
  Running<TypeParam> plugin;
  const std::uint32_t flags = plugin.instance.template table<trellis_layer>()->flags;
  for (const std::string& input : TypeParam::inputs()) {
    const std::size_t step = input.size() / 20 + 1;
    for (std::size_t size = 0; size <= input.size(); size += step) {
      if (this->serves(plugin.instance)) this->raised(plugin.instance, input.substr(0, size), input.size());
      if ((flags & TRELLIS_LAYER_DIALS) == 0) continue;
      LayerConnection dialled = this->dialled(plugin.instance);
      if (dialled.accepted()) dialled.input(input.substr(0, size));
      dialled.close();
    }
  }
}

TYPED_TEST_P(LayerContract, RecognisesFromAnyBeginning) {
  Running<TypeParam> plugin;
  if (plugin.instance.template table<trellis_layer>()->recognise == nullptr) return;
  for (const std::string& input : TypeParam::inputs()) {
    std::uint32_t before = TRELLIS_RECOGNISED_MORE;
    for (std::size_t size = 1; size <= std::min<std::size_t>(input.size(), 100); ++size) {
      const std::uint32_t answer = LayerDriver(plugin.instance).recognise(input.substr(0, size));
      EXPECT_TRUE(answer >= TRELLIS_RECOGNISED_NO && answer <= TRELLIS_RECOGNISED_MORE) << answer;
      EXPECT_TRUE(before == TRELLIS_RECOGNISED_MORE || answer == before)
          << "changes its mind after " << size << " bytes";
      before = answer;
    }
  }
}

TYPED_TEST_P(LayerContract, ServesSeveralShardsAtOnce) {
  Running<TypeParam> plugin(3);
  plugin.host.at_once([&](std::uint32_t shard) {
    for (const std::string& input : TypeParam::inputs()) this->raised(plugin.instance, input, 5, shard);
  });
}

REGISTER_TYPED_TEST_SUITE_P(LayerContract, MakesTheSameOfBytesHoweverTheyCome, EndsAtAnyPoint,
                            RecognisesFromAnyBeginning, ServesSeveralShardsAtOnce);

}  // namespace contract
}  // namespace trellis::testing
