// The tables every plugin gets, through the handle it was created with.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>
#include <trellis/abi/connection.h>

#include <atomic>
#include <string>
#include <trellis/runtime/kept_bytes.hpp>

#include "message/publication.hpp"
#include "plugin/instance_bench.hpp"

namespace trellis::kernel {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::InstanceBench;

/// An instance and one of the tables it was given.
template <typename Table>
struct With {
  explicit With(std::string_view id) : table(InstanceBench::table<Table>(*instance, id)) {}
  InstanceBench bench;
  std::shared_ptr<Instance> instance = bench.create();
  trellis_host* host = instance->host();
  const Table& table;
};

TEST(HostTables, AreFoundByTheirIdOnly) {
  InstanceBench bench;
  const auto instance = bench.create();
  const specimen& inside = InstanceBench::inside(*instance);
  for (const char* id : {TRELLIS_HOST_LOG, TRELLIS_HOST_METRICS, TRELLIS_HOST_LOOP, TRELLIS_HOST_NAMESPACE,
                         TRELLIS_HOST_MESSAGE, TRELLIS_HOST_CONNECTION}) {
    EXPECT_NE(inside.host_table->get_table(inside.host, view_of(id)), nullptr) << id;
  }
  for (const char* id : {"", "trellis.host.log", "trellis.host.log/2", "trellis.host.log/1 "}) {
    EXPECT_EQ(inside.host_table->get_table(inside.host, view_of(id)), nullptr) << id;
  }
}

TEST(HostTables, LogUnderTheInstancesName) {
  const With<trellis_host_log> with(TRELLIS_HOST_LOG);
  const trellis_pair field{view_of("key"), view_of("a value")};
  EXPECT_TRUE(with.table.enabled(with.host, TRELLIS_LOG_INFO));
  EXPECT_FALSE(with.table.enabled(with.host, TRELLIS_LOG_DEBUG));
  ::testing::internal::CaptureStderr();
  with.table.write(with.host, TRELLIS_LOG_WARN, view_of("happened"), &field, 1);
  with.table.write(with.host, 99, view_of("of no level"), nullptr, 0);
  const std::string lines = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(lines, HasSubstr(" warn  named: happened key=\"a value\"\n"));
  EXPECT_THAT(lines, EndsWith(" error named: of no level\n"));
}

TEST(HostTables, MetricsAreSharedByName) {
  With<trellis_host_metrics> with(TRELLIS_HOST_METRICS);
  const auto declare = [&](const char* name) {
    return with.table.declare(with.host, TRELLIS_METRIC_COUNTER, view_of(name), view_of(""), view_of("Help."));
  };
  const trellis_metric metric = declare("things_total");
  EXPECT_NE(metric, 0u);
  EXPECT_EQ(declare("things_total"), metric);
  EXPECT_EQ(declare("No Name"), 0u);
  with.bench.shards[0].call([&] {
    with.table.add(&*with.bench.shards[0], metric, 2);
    with.table.add(&*with.bench.shards[0], UINT32_MAX, 2);
  });
  with.table.add_any(with.host, metric, 3);
  with.table.add_any(with.host, UINT32_MAX, 3);
  EXPECT_EQ(with.table.read(with.host, metric), 5);
  std::string text;
  with.table.render(with.host, &text,
                    [](void* user, trellis_view piece) { static_cast<std::string*>(user)->append(text_of(piece)); });
  EXPECT_THAT(text, HasSubstr("things_total 5\n"));
}

TEST(HostTables, MetricsTellReadiness) {
  With<trellis_host_metrics> with(TRELLIS_HOST_METRICS);
  trellis_error error{};
  error.struct_size = sizeof error;
  EXPECT_EQ(with.table.ready(with.host, &error), TRELLIS_UNAVAILABLE);
  EXPECT_EQ(std::string(error.text, error.size), "starting");
  with.bench.health.set_ready();
  EXPECT_EQ(with.table.ready(with.host, &error), TRELLIS_OK);
}

TEST(HostTables, LoopKnowsShardsAndTime) {
  With<trellis_host_loop> with(TRELLIS_HOST_LOOP);
  EXPECT_EQ(with.table.shard_count(with.host), 1u);
  EXPECT_EQ(with.table.current_shard(with.host), nullptr);
  with.bench.shards[0].call([&] {
    Shard& shard = *with.bench.shards[0];
    EXPECT_EQ(with.table.current_shard(with.host), &shard);
    EXPECT_EQ(with.table.shard_index(&shard), 0u);
    EXPECT_EQ(with.table.now_ms(&shard), shard.now_ms());
    EXPECT_EQ(with.table.wall_ms(&shard), shard.wall_ms());
  });
}

TEST(HostTables, LoopPostsToShardsThatExist) {
  With<trellis_host_loop> with(TRELLIS_HOST_LOOP);
  std::atomic<int> ran{0};
  const trellis_post_fn count = [](void* user) { ++*static_cast<std::atomic<int>*>(user); };
  EXPECT_TRUE(with.table.post(with.host, 0, count, &ran));
  EXPECT_FALSE(with.table.post(with.host, 1, count, &ran));
  with.bench.shards[0].turn();
  EXPECT_EQ(ran.load(), 1);
}

TEST(HostTables, LoopStartsTimersThatCanBeCancelled) {
  With<trellis_host_loop> with(TRELLIS_HOST_LOOP);
  int fired = 0;
  const trellis_timer_fn count = [](void* user) { ++*static_cast<int*>(user); };
  with.bench.shards[0].call([&] {
    Shard& shard = *with.bench.shards[0];
    with.table.start_timer(&shard, 1, count, &fired);
    const trellis_token never = with.table.start_timer(&shard, 1, count, &fired);
    EXPECT_TRUE(with.table.cancel_timer(&shard, never));
    EXPECT_FALSE(with.table.cancel_timer(&shard, never));
  });
  EXPECT_TRUE(with.bench.shards[0].until([&] { return fired == 1; }));
}

TEST(HostTables, NamespacesAreThoseOfTheConfiguration) {
  With<trellis_host_namespace> with(TRELLIS_HOST_NAMESPACE);
  std::string error;
  ASSERT_TRUE(with.instance->configure("{}", {{"home", R"({"limit": 1})"}, {"work", ""}}, error));
  EXPECT_EQ(with.table.count(with.host), 2u);
  EXPECT_EQ(text_of(with.table.name(with.host, 0)), "home");
  EXPECT_EQ(text_of(with.table.config(with.host, 0)), R"({"limit": 1})");
  EXPECT_EQ(text_of(with.table.name(with.host, 1)), "work");
  EXPECT_EQ(text_of(with.table.config(with.host, 1)), "");
  EXPECT_EQ(text_of(with.table.name(with.host, 2)), "");
  EXPECT_EQ(text_of(with.table.config(with.host, 2)), "");
}

TEST(HostTables, MessagesAreKeptBeyondTheCall) {
  const With<trellis_host_message> with(TRELLIS_HOST_MESSAGE);
  const std::int64_t before = kept_bytes();
  const trellis_message* kept = nullptr;
  {
    Message borrowed;
    borrowed.borrow(testing::publication("a", "payload"), 0, "", "", 0);
    kept = with.table.retain(&borrowed.facts());
    EXPECT_NE(kept, &borrowed.facts());
  }
  EXPECT_EQ(text_of(kept->payload), "payload");
  EXPECT_EQ(with.table.retain(kept), kept);
  with.table.release(kept);
  with.table.release(kept);
  EXPECT_EQ(kept_bytes(), before);
}

TEST(HostTables, ErrorsAreCutToWhatFits) {
  trellis_error error{};
  set_error(&error, std::string(5000, 'x'));
  EXPECT_EQ(error.size, sizeof error.text);
  set_error(&error, "short");
  EXPECT_EQ(std::string(error.text, error.size), "short");
}

}  // namespace
}  // namespace trellis::kernel
