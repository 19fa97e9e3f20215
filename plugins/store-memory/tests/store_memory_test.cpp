#include "store_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

namespace {

using store_memory::StoreMemory;
using testing::ElementsAre;
using testing::IsEmpty;
using trellis::Durability;
using trellis::Status;
using trellis::testing::Change;
using trellis::testing::StoredEntry;
using trellis::testing::StoredQueue;
using trellis::testing::TestHost;

TEST(StoreMemory, GivesBackWhatCameIntoAQueueInOrder) {
  TestHost host;
  const auto store = host.load<StoreMemory>();
  EXPECT_EQ(store.put({Change::append({{1, 4, "a"}, {2, 9, "b"}}, "one"), Change::append(1, 7, "two")}), Status::ok);
  EXPECT_THAT(store.get(1), ElementsAre(StoredEntry{4, "one", "a"}, StoredEntry{7, "two"}));
  EXPECT_THAT(store.get(2), ElementsAre(StoredEntry{9, "one", "b"}));
  EXPECT_THAT(store.get(1, 4), ElementsAre(StoredEntry{7, "two"}));
  EXPECT_THAT(store.get(3), IsEmpty());
}

TEST(StoreMemory, GivesAtLeastOneEntryHoweverFewBytesAreAskedFor) {
  TestHost host;
  const auto store = host.load<StoreMemory>();
  store.put({Change::append(1, 1, "12345", "67"), Change::append(1, 2, "890"), Change::append(1, 3, "")});
  EXPECT_EQ(store.read(1, 0, 10, 0).entries().size(), 1U);
  EXPECT_EQ(store.read(1, 0, 10, 9).entries().size(), 1U);
  EXPECT_EQ(store.read(1, 0, 10, 10).entries().size(), 3U);
  EXPECT_EQ(store.read(1, 0, 2).entries().size(), 2U);
  EXPECT_EQ(store.read(1, 0, 0).entries().size(), 0U);
}

TEST(StoreMemory, SettlesARangeAndPassesOverNumbersThatAreNotThere) {
  TestHost host;
  const auto store = host.load<StoreMemory>();
  for (std::uint64_t i = 1; i <= 6; ++i) store.put({Change::append(1, i * 2, "x")});
  store.put({Change::settle(1, 3, 9), Change::settle(1, 100), Change::settle(7, 1)});
  EXPECT_THAT(store.get(1), ElementsAre(StoredEntry{2, "x"}, StoredEntry{10, "x"}, StoredEntry{12, "x"}));
  EXPECT_EQ(store.figures().entries, 3U);
  EXPECT_EQ(store.figures().live_bytes, 3U);
}

TEST(StoreMemory, KeepsTheLastNoteOfAnEntryThatIsThere) {
  TestHost host;
  const auto store = host.load<StoreMemory>();
  store.put({Change::append(1, 1, "x"), Change::noted(1, 1, 5), Change::noted(1, 1, 6, 7), Change::noted(1, 2, 8)});
  EXPECT_THAT(store.get(1), ElementsAre(StoredEntry{1, "x", "", {6, 7}}));
}

TEST(StoreMemory, TellsQueuesMarksAndRecords) {
  TestHost host;
  const auto store = host.load<StoreMemory>();
  store.put({Change::append(1, 2, "abc"), Change::append(1, 3, "d"), Change::marked(1, 9), Change::marked(4, 5),
             Change::marked(1, 8), Change::unmarked(1, 9), Change::put("k", "v"), Change::put("k", "w"),
             Change::put("gone", ""), Change::remove("gone")});
  const auto kept = store.restore();
  EXPECT_EQ(kept.queues.at(1), (StoredQueue{2, 3, 2, 4, {8}}));
  EXPECT_EQ(kept.queues.at(4), (StoredQueue{0, 0, 0, 0, {5}}));
  EXPECT_THAT(kept.records, ElementsAre(std::pair<const std::string, std::string>("k", "w")));
}

TEST(StoreMemory, ForgetsADroppedQueueWithItsMarks) {
  TestHost host;
  const auto store = host.load<StoreMemory>();
  store.put({Change::append(1, 2, "abc"), Change::marked(1, 9), Change::drop(1)});
  EXPECT_THAT(store.restore().queues, IsEmpty());
  EXPECT_EQ(store.figures().entries, 0U);
}

TEST(StoreMemory, TakesOnlyWhatFreesWhenItIsFull) {
  TestHost host;
  const auto store = host.load<StoreMemory>(R"({"memory": "1KiB"})");
  EXPECT_EQ(store.put({Change::append(1, 1, std::string(2000, 'x'))}), Status::ok);
  EXPECT_EQ(store.put({Change::append(1, 2, "y")}), Status::unavailable);
  EXPECT_EQ(store.put({Change::settle(1, 1), Change::append(1, 2, "y")}), Status::unavailable);
  EXPECT_EQ(store.figures().state, std::uint32_t{TRELLIS_STORE_STATE_FULL});
  EXPECT_EQ(store.put({Change::settle(1, 1)}), Status::ok);
  EXPECT_EQ(store.put({Change::append(1, 2, "y")}), Status::ok);
}

TEST(StoreMemory, ChangesWhatIsThereWhenItIsFull) {
  TestHost host;
  const auto store = host.load<StoreMemory>(R"({"memory": "1KiB"})");
  EXPECT_EQ(store.put({Change::put("session", "away"), Change::append(1, 1, std::string(2000, 'x'))}), Status::ok);
  EXPECT_EQ(store.put({Change::put("session", "attached"), Change::noted(1, 1, 7), Change::marked(1, 5)}), Status::ok);
  EXPECT_EQ(store.put({Change::put("another", "away")}), Status::unavailable);
  EXPECT_EQ(store.restore().records, (std::map<std::string, std::string>{{"session", "attached"}}));
}

TEST(StoreMemory, RefusesWhatTheContractDoesNotKnow) {
  TestHost host;
  const auto store = host.load<StoreMemory>();
  EXPECT_EQ(store.put({}), Status::invalid);
  EXPECT_EQ(store.put({Change::append(0, 1, "x")}), Status::invalid);
  EXPECT_EQ(store.put({Change::append(1, 0, "x")}), Status::invalid);
  EXPECT_EQ(store.put({Change::put("", "x")}), Status::invalid);
  EXPECT_EQ(store.put({Change::put(std::string(65536, 'k'), "x")}), Status::too_large);
  EXPECT_EQ(store.put({Change::append(1, 1, "x", std::string(4097, 'e'))}), Status::too_large);
  EXPECT_EQ(store.put({Change{.kind = static_cast<trellis::ChangeKind>(99)}}), Status::invalid);
  EXPECT_EQ(store.put({Change::append(1, 1, "x")}, Durability::written), Status::invalid) << "more than it promises";
  EXPECT_EQ(store.figures().entries, 0U);
}

}  // namespace
