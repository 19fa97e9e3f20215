// What a turn asks the store to keep, and who waits for it.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>
#include <trellis/abi/queue.h>

#include <string>
#include <trellis/keeping/encoding.hpp>
#include <trellis/keeping/keeper.hpp>
#include <trellis/keeping/kept_records.hpp>

#include "connections/fake_endpoint.hpp"
#include "keep/fake_store.hpp"
#include "message/publication.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

using testing::ConnectionBench;
using ::testing::ElementsAre;
using testing::FakeStore;
using testing::Peer;

constexpr std::uint32_t kWritten = TRELLIS_DURABILITY_WRITTEN;
constexpr std::uint32_t kSynced = TRELLIS_DURABILITY_SYNCED;

struct Keeping : ::testing::Test {
  ConnectionBench bench;
  Peer peer = bench.connect();
  KeeperMetrics ids{bench.shards.metrics};
  FakeStore store;
  Keeper keeper{*bench.shards[0], ids};
  const MessagePtr message = testing::message("t", "payload");

  Keeping() {
    bench.call([&] { keeper.set_store(&store.table, &store, &store); });
  }
  ~Keeping() override {  // the keeper goes before its shard does
    bench.call([&] { bench.endpoints[0]->for_each([](Connection& c) { c.close_now(TRELLIS_CLOSE_SHUTDOWN); }); });
    bench.shards.settle();
  }
  void say(std::string_view text) { bench.connection().write(text.data(), text.size()); }
  /// As a protocol does it: something to be kept, then the answer.
  void keep_and_answer(std::uint32_t level, std::string_view key, std::string_view answer) {
    const Keeper::Mark mark = keeper.mark();
    keeper.put(level, key, *message);
    keeper.hold(bench.connection(), mark);
    say(answer);
  }
  void answer(std::size_t write, trellis_status status = TRELLIS_OK) {
    bench.call([&] { keeper.stored(store.writes.at(write).token, status); });
  }
  std::size_t unsent() {
    return bench.call([&] { return bench.connection().unsent(); });
  }
};

TEST_F(Keeping, AsksOncePerTurnInOrder) {
  bench.call([&] {
    keeper.put(kWritten, "one", *message);
    keeper.remove(kWritten, "two");
    EXPECT_TRUE(store.writes.empty()) << "at the end of the turn";
  });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 1u);
  std::string body;
  encode(*message, body);
  EXPECT_THAT(store.writes[0].changes, ElementsAre(FakeStore::Change{TRELLIS_STORE_PUT, "one", body},
                                                   FakeStore::Change{TRELLIS_STORE_REMOVE, "two", ""}));
  EXPECT_EQ(store.writes[0].durability, kWritten);
}

TEST_F(Keeping, AnswersLeaveOnceTheStoreHasWhatTheyAreAbout) {
  bench.call([&] {
    say("free ");
    keep_and_answer(kWritten, "k", "kept");
  });
  EXPECT_EQ(peer.receive(5), "free ");
  EXPECT_EQ(unsent(), 4u);
  answer(0);
  EXPECT_EQ(peer.receive(4), "kept");
}

TEST_F(Keeping, AnswersOfOneTurnShareAGate) {
  bench.call([&] {
    keep_and_answer(kWritten, "1", "a");
    const OutputGate* gate = bench.connection().last_gate();
    keep_and_answer(kWritten, "2", "b");
    EXPECT_EQ(bench.connection().last_gate(), gate);
  });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 1u);
  answer(0);
  EXPECT_EQ(peer.receive(2), "ab");
}

TEST_F(Keeping, EachTurnWaitsForItsOwn) {
  bench.call([&] { keep_and_answer(kWritten, "1", "first"); });
  bench.call([&] { keep_and_answer(kWritten, "2", "second"); });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 2u);
  answer(0);
  EXPECT_EQ(peer.receive(5), "first");
  EXPECT_EQ(unsent(), 6u);
  answer(1);
  EXPECT_EQ(peer.receive(6), "second");
}

TEST_F(Keeping, LevelsAreOneCallAndWhoeverWaitsForTheMediumWaitsBehindIt) {
  bench.call([&] {
    keep_and_answer(kSynced, "s", "synced ");
    keep_and_answer(kWritten, "w", "written");
  });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 2u);
  EXPECT_EQ(store.writes[0].changes.size(), 2u) << "together or not at all";
  EXPECT_EQ(store.writes[0].durability, kWritten);
  EXPECT_EQ(store.writes[1].durability, kSynced);
  answer(0);
  EXPECT_EQ(unsent(), 14u) << "it lies behind what is not on the medium yet";
  answer(1);
  EXPECT_EQ(peer.receive(14), "synced written");
}

TEST_F(Keeping, OneCallIsEnoughWhereAllWaitForTheMedium) {
  bench.call([&] {
    keeper.put(kWritten, "nobody waits", *message);
    keep_and_answer(kSynced, "s", "synced");
  });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 1u);
  EXPECT_EQ(store.writes[0].durability, kSynced);
  answer(0);
  EXPECT_EQ(peer.receive(6), "synced");
}

TEST_F(Keeping, AsWellAsWasAskedIsTheStrongestOfTheTurn) {
  std::string told;
  const auto tell = [&](bool kept) { told += kept ? "kept " : "lost "; };
  bench.call([&] {
    keeper.then(TRELLIS_DURABILITY_AS_ASKED, [&](bool) { told += "nothing was asked, "; });
    keeper.put(kSynced, "s", *message);
    keeper.put(kWritten, "w", *message);
    keeper.then(TRELLIS_DURABILITY_AS_ASKED, tell);
    EXPECT_EQ(told, "nothing was asked, ");
  });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 1u);
  EXPECT_EQ(store.writes[0].durability, kSynced);
  bench.call([&] {
    keeper.put(kWritten, "w", *message);
    keeper.then(TRELLIS_DURABILITY_AS_ASKED, tell);
  });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 2u);
  EXPECT_EQ(store.writes[1].durability, kWritten) << "what was asked for before is under way already";
  answer(0);
  answer(1, TRELLIS_INTERNAL);
  EXPECT_EQ(bench.call([&] { return told; }), "nothing was asked, kept lost ");
}

TEST_F(Keeping, NobodyIsToldWhatCouldNotBeKept) {
  bench.call([&] { keep_and_answer(kWritten, "k", "kept"); });
  bench.shards.settle();
  answer(0, TRELLIS_INTERNAL);
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_THAT(bench.call([&] { return bench.protocol().closed; }), ElementsAre(TRELLIS_CLOSE_UNKEPT));
  EXPECT_EQ(bench.read(ids.unkept), 1);
}

TEST_F(Keeping, WhatTheStoreDoesNotTakeWaitsUntilItDoes) {
  bench.call([&] {
    store.answer = TRELLIS_UNAVAILABLE;
    keep_and_answer(kWritten, "k", "kept");
  });
  bench.shards.settle();
  EXPECT_TRUE(bench.call([&] { return keeper.refuses(); }));
  EXPECT_EQ(bench.read(ids.refused), 1);
  EXPECT_EQ(unsent(), 4u) << "nobody is cut off, and nobody told";
  bench.call([&] { store.answer = TRELLIS_OK; });
  EXPECT_TRUE(bench.until([&] { return store.writes.size() == 1; })) << "it is tried again by itself";
  EXPECT_FALSE(bench.call([&] { return keeper.refuses(); }));
  answer(0);
  EXPECT_EQ(peer.receive(4), "kept");
}

TEST_F(Keeping, AStoreThatSaysItIsFullOrFailingIsNotAskedFirst) {
  for (const std::uint32_t state : {TRELLIS_STORE_STATE_FULL, TRELLIS_STORE_STATE_FAILING}) {
    bench.call([&] {
      keeper.put(kWritten, "k", *message);
      EXPECT_FALSE(keeper.would_wait());
      store.state = state;  // with what it is given now
    });
    bench.shards.settle();
    bench.call([&] {
      EXPECT_TRUE(keeper.would_wait());
      EXPECT_TRUE(keeper.refuses());
      EXPECT_FALSE(keeper.behind()) << "nothing was asked for";
      store.state = TRELLIS_STORE_STATE_GOOD;
    });
    EXPECT_TRUE(bench.until([&] { return !keeper.refuses(); }));
  }
  EXPECT_EQ(store.writes.size(), 2u);
}

TEST_F(Keeping, WhatAStoreFindsWrongFailsAtOnce) {
  bench.call([&] {
    store.answer = TRELLIS_TOO_LARGE;
    keep_and_answer(kWritten, "k", "kept");
  });
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_FALSE(bench.call([&] { return keeper.refuses(); })) << "others are not to blame";
  EXPECT_EQ(bench.call([&] { return keeper.failures(); }), 1u);
}

TEST_F(Keeping, AnotherConnectionOfTheClientWaitsForWhatTheFirstDid) {
  bench.call([&] {
    keeper.put(kWritten, "w", *message);
    keeper.write();
    keeper.put(kWritten, "now", *message);
    keeper.hold_behind_all(bench.connection());
    say("welcome back");
  });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 2u);
  answer(0);
  EXPECT_EQ(unsent(), 12u);
  answer(1);
  EXPECT_EQ(peer.receive(12), "welcome back");
}

TEST_F(Keeping, OneWhoLeftIsNotMissed) {
  bench.call([&] {
    keep_and_answer(kWritten, "k", "kept");
    keeper.write();
    bench.connection().close_now(TRELLIS_CLOSE_PEER);
    keeper.stored(store.writes.at(0).token, TRELLIS_OK);
    keeper.stored(store.writes.at(0).token, TRELLIS_INTERNAL);  // a second answer is one too many
    EXPECT_EQ(keeper.failures(), 0u);
  });
}

struct Records : Keeping {
  KeptRecords records{*bench.shards[0], keeper};
  std::vector<int> told;
  void add(std::string key, std::string value, int number) {
    bench.call([&] { records.add({{std::move(key), std::move(value)}}, [this, number] { told.push_back(number); }); });
    bench.shards.settle();
  }
};

TEST_F(Records, AreToldOnceAllBeforeThemIsKept) {
  add("a", "1", 1);
  add("a", "2", 2);
  add("b", "", 3);
  EXPECT_THAT(told, ElementsAre());
  ASSERT_EQ(store.writes.size(), 1u);
  answer(0);
  bench.shards.settle();
  EXPECT_THAT(told, ElementsAre()) << "the later ones are not there yet";
  ASSERT_EQ(store.writes.size(), 2u);
  EXPECT_THAT(store.writes[1].changes, ElementsAre(FakeStore::Change{TRELLIS_STORE_PUT, "a", "2"},
                                                   FakeStore::Change{TRELLIS_STORE_REMOVE, "b", ""}));
  answer(1);
  EXPECT_THAT(told, ElementsAre(1, 2, 3));
}

TEST_F(Records, ThatWereNotKeptAreAskedForAgain) {
  add("a", "1", 1);
  answer(0, TRELLIS_INTERNAL);
  add("same", "", 2);
  EXPECT_THAT(told, ElementsAre()) << "who changes nothing is not told before what is there is kept";
  ASSERT_TRUE(bench.until([&] { return store.writes.size() == 2; }));
  EXPECT_EQ(store.writes[1].changes.size(), 2u);
  answer(1);
  EXPECT_THAT(told, ElementsAre(1, 2));
}

TEST_F(Records, GoInGroupsOfABoundedSize) {
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 10; ++i) many.emplace_back(std::to_string(i), std::string(100'000, 'x'));
  bench.call([&] { records.add(many, [this] { told.push_back(1); }); });
  for (std::size_t write = 0; told.empty(); ++write) {
    bench.shards.settle();
    ASSERT_LT(write, store.writes.size());
    EXPECT_LE(store.writes[write].changes.size(), 3u);
    answer(write);
  }
  EXPECT_EQ(store.writes.size(), 4u);
}

TEST_F(Keeping, WhatIsVolatileIsNotAskedFor) {
  bench.call([&] { keep_and_answer(TRELLIS_DURABILITY_VOLATILE, "k", "at once"); });
  EXPECT_EQ(peer.receive(7), "at once");
  EXPECT_TRUE(store.writes.empty());
}

TEST_F(Keeping, AStoreInMemoryIsAskedForNoMoreThanItPromises) {
  store.table.strongest = TRELLIS_DURABILITY_VOLATILE;
  bench.call([&] { keep_and_answer(kWritten, "w", "written"); });
  bench.call([&] { keep_and_answer(kSynced, "s", "synced"); });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 2u);
  EXPECT_EQ(store.writes[0].durability, TRELLIS_DURABILITY_VOLATILE);
  EXPECT_EQ(store.writes[1].durability, TRELLIS_DURABILITY_VOLATILE);
}

TEST_F(Keeping, NoMoreIsPromisedThanTheStoreCan) {
  store.table.strongest = kWritten;
  bench.call([&] { keep_and_answer(kSynced, "k", "kept"); });
  bench.shards.settle();
  ASSERT_EQ(store.writes.size(), 1u);
  EXPECT_EQ(store.writes[0].durability, kWritten);
}

}  // namespace
}  // namespace trellis::kernel
