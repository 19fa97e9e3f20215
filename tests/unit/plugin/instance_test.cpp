// The life of one instance, from create to destroy.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/hosting/instance.hpp>

#include "names.hpp"
#include "plugin/instance_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::InstanceBench;

TEST(Instance, GoesThroughItsLifeInOrder) {
  InstanceBench bench;
  std::string error;
  const auto instance = bench.create();
  EXPECT_EQ(instance->name(), "named");
  EXPECT_EQ(instance->kind(), std::uint32_t{TRELLIS_KIND_SERVICE});
  EXPECT_TRUE(instance->configure(R"({"a": 1})", {}, error)) << error;
  EXPECT_TRUE(instance->start(error)) << error;
  instance->drain(100);
  instance->stop();
  instance->stop();
  EXPECT_STREQ(InstanceBench::inside(*instance).config, R"({"a": 1})");
  EXPECT_STREQ(InstanceBench::inside(*instance).calls, "configure start drain stop stop ");
}

TEST(Instance, OffersItsTables) {
  InstanceBench bench;
  const auto instance = bench.create();
  EXPECT_EQ(instance->table<trellis_service>(TRELLIS_SERVICE), &InstanceBench::inside(*instance).service);
  EXPECT_EQ(instance->table<trellis_service>("trellis.service/2"), nullptr);
}

TEST(Instance, IsNotMadeWhenItWantsWhatIsNotThere) {
  InstanceBench bench;
  std::string error;
  EXPECT_EQ(bench.create("specimen-wanting", error), nullptr);
  EXPECT_EQ(error,
            "plugin 'named' wants 'trellis.host.time-machine/1', which this broker does not offer; update the broker");
  const int table = 0;
  bench.services.tables["trellis.host.time-machine/1"] = &table;
  EXPECT_NE(bench.create("specimen-wanting", error), nullptr);
}

TEST(Instance, TellsWhyAConfigurationIsRefused) {
  InstanceBench bench;
  std::string error;
  EXPECT_FALSE(bench.create()->configure("wrong", {}, error));
  EXPECT_EQ(error, "plugin 'named' refuses its configuration: that is wrong");
  EXPECT_FALSE(bench.create()->configure("silent", {}, error));
  EXPECT_EQ(error, "plugin 'named' refuses its configuration: it gave no reason");
}

TEST(Instance, TellsWhyItDidNotStart) {
  InstanceBench bench;
  std::string error;
  const auto instance = bench.create();
  ASSERT_TRUE(instance->configure("lazy", {}, error));
  EXPECT_FALSE(instance->start(error));
  EXPECT_EQ(error, "plugin 'named' could not start: not today");
}

TEST(Instance, KeepsAStatePerShard) {
  InstanceBench bench;
  std::string error;
  const auto instance = bench.create();
  ASSERT_TRUE(instance->configure("{}", {}, error));
  ASSERT_TRUE(instance->start(error));
  specimen& inside = InstanceBench::inside(*instance);
  bench.shards[0].call([&] {
    EXPECT_TRUE(instance->open_shard(*bench.shards[0], error));
    EXPECT_EQ(instance->shard_state(0), &inside.shard_states[0]);
    instance->close_shard(*bench.shards[0]);
    EXPECT_EQ(inside.shard_states[0], 2);
    EXPECT_EQ(instance->shard_state(0), nullptr);
    instance->close_shard(*bench.shards[0]);

    inside.refuse_shards = true;
    EXPECT_FALSE(instance->open_shard(*bench.shards[0], error));
  });
  EXPECT_EQ(error, "plugin 'named' could not start on shard 0");
}

TEST(Instance, IsFoundByItsHostHandle) {
  InstanceBench bench;
  const auto instance = bench.create();
  EXPECT_EQ(InstanceBench::inside(*instance).host, instance->host());
  EXPECT_EQ(&Instance::of(instance->host()), instance.get());
}

}  // namespace
}  // namespace trellis::kernel
