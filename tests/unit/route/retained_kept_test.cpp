// Retained messages as the store is asked to keep them.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/keeping/encoding.hpp>
#include <vector>

#include "keep/fake_store.hpp"
#include "names.hpp"
#include "route/router_bench.hpp"

namespace trellis::kernel {
namespace {

using ::testing::ElementsAre;
using testing::FakeStore;
using ::testing::IsEmpty;
using testing::publication;
using testing::RouterBench;

struct RetainedKept : ::testing::Test {
  RouterBench bench;
  FakeStore store;
  RetainedKept() {
    keep_at(TRELLIS_DURABILITY_WRITTEN);
    bench.shards[0].call([&] { bench.keepers[0]->set_store(&store.table, &store, &store); });
  }
  void keep_at(std::uint32_t level, std::vector<DurabilityRule> topics = {}) {
    const Durability now{level, level, std::move(topics), {}};
    bench.set_policies([&](Policies& policies) { policies.durability = now; });
    bench.shards[0].call([&] {
      if (said.retained != 0) bench.routers[0]->keep_retained_as_now(bench.space(), said);
    });
    said = now;
  }
  Durability said;
  trellis_status retain(std::string_view topic, std::string_view payload) {
    return bench.publish(topic, payload, 1, TRELLIS_MESSAGE_RETAIN);
  }
  std::vector<std::string> asked() {
    std::vector<std::string> lines;
    for (const FakeStore::Write& write : store.writes) {
      for (const FakeStore::Change& change : write.changes) {
        const auto key = Retained::read_key(change.key);
        const MessagePtr message = decode(change.body);
        lines.push_back((change.kind == TRELLIS_STORE_PUT ? "put " : "remove ") +
                        (key ? std::string(key->name_space) + " " + std::string(key->topic) : "?") +
                        (message ? " " + std::string(message->payload()) : ""));
      }
    }
    return lines;
  }
};

TEST_F(RetainedKept, IsPutAndRemovedUnderItsTopic) {
  EXPECT_EQ(retain("a/b", "1"), TRELLIS_NO_MATCH);
  EXPECT_EQ(retain("a/b", "2"), TRELLIS_NO_MATCH);
  EXPECT_EQ(retain("a/b", ""), TRELLIS_NO_MATCH);
  bench.publish("a/b", "not retained");
  EXPECT_THAT(asked(), ElementsAre("put n a/b 1", "put n a/b 2", "remove n a/b"));
}

TEST_F(RetainedKept, NobodyWaitsForAStoreThatSaysItIsFull) {
  store.state = TRELLIS_STORE_STATE_FULL;
  EXPECT_EQ(retain("a", "1"), TRELLIS_UNAVAILABLE);
  EXPECT_EQ(retain("a", ""), TRELLIS_NO_MATCH) << "what frees is not refused";
  EXPECT_EQ(bench.publish("a", "not retained"), TRELLIS_NO_MATCH) << "others go on";
  bench.shards[0].call([&] { store.state = TRELLIS_STORE_STATE_GOOD; });
  ASSERT_TRUE(bench.shards[0].until([&] { return !bench.keepers[0]->refuses(); }));
  EXPECT_EQ(retain("a", "2"), TRELLIS_NO_MATCH);
}

TEST_F(RetainedKept, IsRefusedWhileTheStoreTakesNothing) {
  store.answer = TRELLIS_UNAVAILABLE;
  retain("a", "1");
  EXPECT_EQ(retain("a", "2"), TRELLIS_UNAVAILABLE);
  EXPECT_EQ(retain("b", ""), TRELLIS_NO_MATCH) << "what frees is not refused";
  EXPECT_EQ(bench.publish("a", "not retained"), TRELLIS_NO_MATCH) << "others go on";
  bench.shards[0].call([&] { store.answer = TRELLIS_OK; });
  ASSERT_TRUE(bench.shards[0].until([&] { return !bench.keepers[0]->refuses(); }));
  EXPECT_EQ(retain("a", "3"), TRELLIS_NO_MATCH);
  EXPECT_THAT(asked(), ElementsAre("put n a 1", "remove n b", "put n a 3"));
}

TEST_F(RetainedKept, UnderATopicTooLongForAKeyIsRefusedAlone) {
  EXPECT_EQ(retain(std::string(65535, 't'), "1"), TRELLIS_TOO_LARGE);
  EXPECT_EQ(retain("a", "1"), TRELLIS_NO_MATCH);
  EXPECT_THAT(asked(), ElementsAre("put n a 1"));
}

TEST_F(RetainedKept, IsForgottenWhereItBecomesVolatile) {
  retain("a", "1");
  keep_at(TRELLIS_DURABILITY_VOLATILE);
  bench.shards.settle();
  EXPECT_THAT(asked(), ElementsAre("put n a 1", "remove n a"));
}

TEST_F(RetainedKept, ThatExpiresIsRemoved) {
  trellis_publication brief = publication("a", "1", 1, TRELLIS_MESSAGE_RETAIN | TRELLIS_MESSAGE_HAS_EXPIRY);
  brief.expiry_s = 0;
  bench.publish({brief});
  bench.shards[0].call([&] { bench.routers[0]->sweep_retained(); });
  bench.shards.settle();
  EXPECT_THAT(asked(), ElementsAre("put n a 1", "remove n a"));
}

TEST_F(RetainedKept, BeyondTheLimitIsNotAskedFor) {
  bench.space().retained.set_limits({1, 1000});
  retain("a", "1");
  EXPECT_EQ(retain("b", "1"), TRELLIS_QUOTA);
  EXPECT_THAT(asked(), ElementsAre("put n a 1"));
}

TEST_F(RetainedKept, OfTheBrokersOwnIsSaidAnewInstead) {
  retain("$SYS/uptime", "1");
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(RetainedKept, IsKeptAsTheRuleOfItsTopicSays) {
  keep_at(TRELLIS_DURABILITY_WRITTEN,
          {{"a/exception", TRELLIS_DURABILITY_SYNCED}, {"a/#", TRELLIS_DURABILITY_VOLATILE}});
  retain("a/b", "1");
  retain("a/exception", "2");
  retain("b", "3");
  EXPECT_THAT(asked(), ElementsAre("put n a/exception 2", "put n b 3"));
  keep_at(TRELLIS_DURABILITY_WRITTEN, {{"b", TRELLIS_DURABILITY_VOLATILE}});
  bench.shards.settle();
  EXPECT_THAT(asked(), ElementsAre("put n a/exception 2", "put n b 3", "put n a/b 1", "remove n b"))
      << "it is told apart at a reload";
  keep_at(TRELLIS_DURABILITY_WRITTEN);
  bench.shards.settle();
  EXPECT_THAT(asked(), ElementsAre("put n a/exception 2", "put n b 3", "put n a/b 1", "remove n b", "put n b 3"));
}

TEST_F(RetainedKept, StaysInMemoryWhereThatIsAskedFor) {
  keep_at(TRELLIS_DURABILITY_VOLATILE);
  retain("a", "1");
  EXPECT_THAT(asked(), IsEmpty());
}

TEST(RetainedKey, IsReadBackAndToldFromOthers) {
  const std::string key = Retained::key("space", "a/b");
  const auto read = Retained::read_key(key);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name_space, "space");
  EXPECT_EQ(read->topic, "a/b");
  EXPECT_FALSE(Retained::read_key("")) << "too short";
  EXPECT_FALSE(Retained::read_key("rspace")) << "without a topic";
  EXPECT_FALSE(Retained::read_key(std::string_view("sspace\0a", 8))) << "another's";
}

}  // namespace
}  // namespace trellis::kernel
