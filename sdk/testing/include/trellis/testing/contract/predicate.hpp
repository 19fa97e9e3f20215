// The suite of every predicate.
#pragma once

#include <trellis/testing/contract/plugin.hpp>

namespace trellis::testing {

struct FilterSample {
  std::string filter = {};
  std::vector<Sample> passes = {};
  std::vector<Sample> drops = {};
};

struct PredicateSamples : PluginSamples {
  static std::vector<FilterSample> filters() { return {}; }
  /// Filters that it refuses.
  static std::vector<std::string> wrong_filters() { return {}; }
};

namespace contract {

template <class Samples>
class PredicateContract : public ::testing::Test {
 protected:
  static std::vector<Sample> messages(const FilterSample& from) {
    std::vector<Sample> out = from.passes;
    out.insert(out.end(), from.drops.begin(), from.drops.end());
    return out;
  }
  static std::vector<Verdict> verdicts(const FilterSample& from) {
    std::vector<Verdict> out(from.passes.size(), Verdict::pass);
    out.insert(out.end(), from.drops.size(), Verdict::drop);
    return out;
  }
};

TYPED_TEST_SUITE_P(PredicateContract);

TYPED_TEST_P(PredicateContract, ChoosesByItsFilters) {
  Running<TypeParam> plugin;
  for (const FilterSample& sample : TypeParam::filters()) {
    const CompiledFilter filter = PredicateDriver(plugin.instance).compile(sample.filter);
    EXPECT_EQ(filter.judge(this->messages(sample)), this->verdicts(sample)) << sample.filter;
    EXPECT_EQ(filter.judge(this->messages(sample), 1), this->verdicts(sample)) << "the second time " << sample.filter;
  }
}

TYPED_TEST_P(PredicateContract, JudgesABatchAsItJudgesOneByOne) {
  Running<TypeParam> plugin;
  for (const FilterSample& sample : TypeParam::filters()) {
    const CompiledFilter filter = PredicateDriver(plugin.instance).compile(sample.filter);
    std::vector<Verdict> one_by_one;
    for (const Sample& message : this->messages(sample)) one_by_one.push_back(filter.judge({message}).front());
    EXPECT_EQ(one_by_one, this->verdicts(sample)) << sample.filter;
  }
}

TYPED_TEST_P(PredicateContract, RefusesWrongFiltersAndSaysWhy) {
  Running<TypeParam> plugin;
  for (const std::string& filter : TypeParam::wrong_filters()) {
    EXPECT_NE(PredicateDriver(plugin.instance).refusal(filter), "") << "takes " << filter;
  }
  for (const char* filter : {"", "{", "[[[[", "\"\\u0000\"", "\xFF"}) PredicateDriver(plugin.instance).refusal(filter);
}

TYPED_TEST_P(PredicateContract, JudgesAnyMessage) {
  Running<TypeParam> plugin;
  for (const FilterSample& sample : TypeParam::filters()) {
    const CompiledFilter filter = PredicateDriver(plugin.instance).compile(sample.filter);
    filter.judge({{.topic = "a"},
                  {.topic = std::string(65'535, 't'), .payload = std::string(100'000, '[')},
                  {.topic = "\xFF", .payload = std::string("\0\xFF", 2), .user_properties = {{"", ""}, {"", ""}}},
                  {.topic = "a", .payload = "{\"a\":", .content_type = "application/json", .is_text = true}});
  }
}

TYPED_TEST_P(PredicateContract, JudgesForSeveralShardsAtOnce) {
  Running<TypeParam> plugin(3);
  for (const FilterSample& sample : TypeParam::filters()) {
    const CompiledFilter filter = PredicateDriver(plugin.instance).compile(sample.filter);
    plugin.host.at_once([&](std::uint32_t shard) {
      for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(filter.judge(this->messages(sample), shard), this->verdicts(sample));
      }
    });
  }
}

REGISTER_TYPED_TEST_SUITE_P(PredicateContract, ChoosesByItsFilters, JudgesABatchAsItJudgesOneByOne,
                            RefusesWrongFiltersAndSaysWhy, JudgesAnyMessage, JudgesForSeveralShardsAtOnce);

}  // namespace contract
}  // namespace trellis::testing
