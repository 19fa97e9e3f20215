// The suite of every stage.
#pragma once

#include <trellis/testing/contract/plugin.hpp>

namespace trellis::testing {

struct StageSamples : PluginSamples {
  /// Messages that pass as they are, however often.
  static std::vector<Sample> passes() { return {}; }
  static std::vector<Sample> drops() { return {}; }
  /// Messages that go on as others.
  static std::vector<Sample> replaces() { return {}; }
};

namespace contract {

template <class Samples>
class StageContract : public ::testing::Test {
 protected:
  using Expected = std::vector<std::pair<Sample, Verdict>>;
  static Expected expected() {
    Expected out;
    for (const Sample& sample : Samples::passes()) out.emplace_back(sample, Verdict::pass);
    for (const Sample& sample : Samples::drops()) out.emplace_back(sample, Verdict::drop);
    for (const Sample& sample : Samples::replaces()) out.emplace_back(sample, Verdict::replaced);
    return out;
  }
  static void judge(Instance& instance, std::uint32_t shard) {
    std::vector<Sample> batch;
    for (const auto& [sample, verdict] : expected()) batch.push_back(sample);
    const std::vector<StageOutcome> outcomes = StageDriver(instance).judge(batch, "default", shard);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ(outcomes[i].verdict, expected()[i].second) << batch[i].topic << " " << batch[i].payload;
    }
  }
};

TYPED_TEST_SUITE_P(StageContract);

TYPED_TEST_P(StageContract, JudgesABatch) {
  Running<TypeParam> plugin;
  for (const std::uint32_t shard : {0U, 1U, 0U}) this->judge(plugin.instance, shard);
}

TYPED_TEST_P(StageContract, JudgesOneByOneTheSame) {
  Running<TypeParam> plugin;
  for (const auto& [sample, verdict] : this->expected()) {
    EXPECT_EQ(StageDriver(plugin.instance).publish(sample), verdict) << sample.topic << " " << sample.payload;
  }
}

TYPED_TEST_P(StageContract, JudgesAnyMessageOfAnybody) {
  Running<TypeParam> plugin;
  const Authenticated publisher{.name = "somebody", .attributes = {{"level", "5"}}};
  const std::vector<Sample> strange = {
      {.topic = "a"},
      {.topic = std::string(65'535, 't'), .payload = std::string(100'000, '{')},
      {.topic = "\xFF", .payload = std::string("\0\xFF", 2), .qos = 2, .retain = true, .user_properties = {{"", ""}}},
      {.topic = "a", .content_type = "", .response_topic = "", .correlation_data = "", .expiry_s = 0, .is_text = true}};
  StageDriver(plugin.instance).judge(strange, "default", 0, &publisher);
  StageDriver(plugin.instance).judge(strange, "default", 1);
}

TYPED_TEST_P(StageContract, JudgesForSeveralShardsAtOnce) {
  Running<TypeParam> plugin(3);
  plugin.host.at_once([&](std::uint32_t shard) {
    for (int round = 0; round < 20; ++round) this->judge(plugin.instance, shard);
  });
}

REGISTER_TYPED_TEST_SUITE_P(StageContract, JudgesABatch, JudgesOneByOneTheSame, JudgesAnyMessageOfAnybody,
                            JudgesForSeveralShardsAtOnce);

}  // namespace contract
}  // namespace trellis::testing
