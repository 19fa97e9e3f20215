// The suite of every store, at whatever it promises at most.
#pragma once

#include <trellis/testing/contract/plugin.hpp>

namespace trellis::testing {

/// settings() names an empty store each time, where one is kept beyond the process.
struct StoreSamples : PluginSamples {};

namespace contract {

using Entries = std::vector<StoredEntry>;

template <class Samples>
class StoreContract : public ::testing::Test {
 protected:
  /// Writes at the most that the store promises.
  Status put(const std::vector<Change>& changes) { return store_.put(changes, strongest()); }
  Durability strongest() {
    return static_cast<Durability>(plugin_.instance.template table<trellis_store>()->strongest);
  }

  Running<Samples> plugin_{3};
  StoreDriver store_{plugin_.instance};
};

TYPED_TEST_SUITE_P(StoreContract);

TYPED_TEST_P(StoreContract, GivesBackWhatCameIntoAQueueInOrder) {
  EXPECT_EQ(this->put({Change::append({{1, 4, "a"}, {2, 9, "b"}}, "one"), Change::append(1, 7, "two")}), Status::ok);
  EXPECT_EQ(this->store_.get(1), (Entries{{4, "one", "a"}, {7, "two"}}));
  EXPECT_EQ(this->store_.get(2), (Entries{{9, "one", "b"}}));
  EXPECT_EQ(this->store_.get(1, 4), (Entries{{7, "two"}}));
  EXPECT_EQ(this->store_.get(3), Entries{});
}

TYPED_TEST_P(StoreContract, GivesNoMoreThanIsAskedForAndAtLeastOne) {
  this->put({Change::append(1, 1, "12345", "67"), Change::append(1, 2, "890"), Change::append(1, 3, "")});
  const auto read = [&](std::uint32_t entries, std::uint64_t bytes) {
    const StoreCall call = this->store_.read(1, 0, entries, bytes);
    EXPECT_EQ(this->store_.wait(call), Status::ok);
    return call.entries().size();
  };
  EXPECT_EQ(read(10, 0), 1U);
  EXPECT_EQ(read(10, 9), 1U);
  EXPECT_EQ(read(10, 10), 3U);
  EXPECT_EQ(read(2, UINT64_MAX), 2U);
}

TYPED_TEST_P(StoreContract, SettlesARangeAndPassesOverNumbersThatAreNotThere) {
  for (std::uint64_t i = 1; i <= 6; ++i) this->put({Change::append(1, i * 2, "x")});
  EXPECT_EQ(this->put({Change::settle(1, 3, 9), Change::settle(1, 100), Change::settle(7, 1)}), Status::ok);
  EXPECT_EQ(this->store_.get(1), (Entries{{2, "x"}, {10, "x"}, {12, "x"}}));
  EXPECT_EQ(this->store_.figures().entries, 3U);
}

TYPED_TEST_P(StoreContract, KeepsTheLastNoteOfAnEntryThatIsThere) {
  this->put({Change::append(1, 1, "x"), Change::noted(1, 1, 5), Change::noted(1, 1, 6, 7), Change::noted(1, 2, 8)});
  EXPECT_EQ(this->store_.get(1), (Entries{{1, "x", "", {6, 7}}}));
}

TYPED_TEST_P(StoreContract, EndsADroppedQueueAndCountsWhatIsLeft) {
  this->put({Change::append({{1, 2, ""}, {2, 2, ""}}, "abc"), Change::marked(1, 9), Change::drop(1)});
  EXPECT_EQ(this->store_.get(1), Entries{});
  EXPECT_EQ(this->store_.get(2), (Entries{{2, "abc"}}));
  EXPECT_EQ(this->store_.figures().entries, 1U);
}

TYPED_TEST_P(StoreContract, TakesBytesOfAnyKind) {
  const std::string body("\0\xFF{\n", 4);
  EXPECT_EQ(this->put({Change::append(1, UINT64_MAX, body, body), Change::put(body, body)}), Status::ok);
  EXPECT_EQ(this->store_.get(1), (Entries{{UINT64_MAX, body, body}}));
  EXPECT_EQ(this->put({Change::append(2, 1, std::string(1'000'000, 'x'), std::string(4096, 'e'))}), Status::ok);
  EXPECT_EQ(this->store_.get(2).front().body.size(), 1'000'000U);
}

TYPED_TEST_P(StoreContract, RefusesWhatTheContractDoesNotKnow) {
  EXPECT_EQ(this->put({}), Status::invalid);
  EXPECT_EQ(this->put({Change::append(0, 1, "x")}), Status::invalid);
  EXPECT_EQ(this->put({Change::append(1, 0, "x")}), Status::invalid);
  EXPECT_EQ(this->put({Change::put("", "x")}), Status::invalid);
  EXPECT_EQ(this->put({Change::put(std::string(65'536, 'k'), "x")}), Status::too_large);
  EXPECT_EQ(this->put({Change::append(1, 1, "x", std::string(4097, 'e'))}), Status::too_large);
  EXPECT_EQ(this->put({Change{.kind = static_cast<ChangeKind>(99)}}), Status::invalid);
  EXPECT_EQ(this->store_.figures().entries, 0U) << "something of it was taken";
}

TYPED_TEST_P(StoreContract, SeesWhatItsShardWroteBeforeAndAnswersInOrder) {
  std::vector<StoreCall> calls;
  for (std::uint32_t i = 0; i < 60; ++i) {
    const std::uint32_t shard = i % 3;
    calls.push_back(this->store_.write({Change::append(shard + 1, i + 1, "x")}, this->strongest(), shard));
    const StoreCall read = this->store_.read(shard + 1, 0, 100, UINT64_MAX, shard);
    EXPECT_EQ(this->store_.wait(read), Status::ok);
    EXPECT_EQ(read.entries().size(), i / 3 + 1);
  }
  for (const StoreCall& call : calls) EXPECT_EQ(this->store_.wait(call), Status::ok);
}

TYPED_TEST_P(StoreContract, AnswersWhateverWaitsWhenItStops) {
  for (std::uint32_t i = 0; i < 90; ++i) {
    this->store_.write({Change::append(i % 3 + 1, i + 1, "x")}, this->strongest(), i % 3);
    this->store_.read(i % 3 + 1, 0, 10, 1000, i % 3);
  }
}

TYPED_TEST_P(StoreContract, ServesSeveralShardsAtOnce) {
  this->plugin_.host.at_once([&](std::uint32_t shard) {
    const std::uint64_t queue = shard + 1;
    for (std::uint64_t i = 1; i <= 20; ++i) {
      this->store_.wait(this->store_.write({Change::append(queue, i, "x")}, Durability::in_memory, shard));
    }
    this->store_.figures();
  });
  for (std::uint64_t queue = 1; queue <= 3; ++queue) EXPECT_EQ(this->store_.get(queue).size(), 20U);
}

REGISTER_TYPED_TEST_SUITE_P(StoreContract, GivesBackWhatCameIntoAQueueInOrder, GivesNoMoreThanIsAskedForAndAtLeastOne,
                            SettlesARangeAndPassesOverNumbersThatAreNotThere, KeepsTheLastNoteOfAnEntryThatIsThere,
                            EndsADroppedQueueAndCountsWhatIsLeft, TakesBytesOfAnyKind,
                            RefusesWhatTheContractDoesNotKnow, SeesWhatItsShardWroteBeforeAndAnswersInOrder,
                            AnswersWhateverWaitsWhenItStops, ServesSeveralShardsAtOnce);

}  // namespace contract
}  // namespace trellis::testing
