#include "common/cloud_event/filter_index.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "judging.hpp"
#include "random_events.hpp"

namespace cloud_event {
namespace {

std::vector<FilterIndex::Id> matched(const FilterIndex& index, const Event& event) {
  std::vector<FilterIndex::Id> ids;
  index.match(event, [&](FilterIndex::Id id) { ids.push_back(id); });
  std::ranges::sort(ids);
  return ids;
}
std::vector<FilterIndex::Id> matched(const FilterIndex& index, std::string_view event) {
  return matched(index, Event::structured(event));
}

using Ids = std::vector<FilterIndex::Id>;

TEST(FilterIndex, FindsByTypeBySubjectAndByValues) {
  FilterIndex index;
  index.add(1, filter_of(R"({"includedEventTypes": ["Order.Created"]})"));
  index.add(2, filter_of(R"({"subjectBeginsWith": "/EU/"})"));
  index.add(3, filter_of(R"({"filters": [{"operatorType": "NumberIn", "key": "data.n", "values": [1, 2]}]})"));
  index.add(4, filter_of(R"({"filters": [{"operatorType": "StringIn", "key": "data.tags", "values": ["a", "B"]}]})"));
  index.add(5, filter_of(R"({"filters": [{"operatorType": "NumberGreaterThan", "key": "data.n", "value": 1}]})"));
  index.add(6, filter_of("{}"));
  EXPECT_EQ(index.current()->unindexed(), 2U);
  EXPECT_EQ(matched(index, R"({"type": "order.created", "subject": "/eu/1"})"), (Ids{1, 2, 6}));
  EXPECT_EQ(matched(index, R"({"type": "x", "data": {"n": 2.0, "tags": ["b", "A", "b"]}})"), (Ids{3, 4, 5, 6}));
  EXPECT_EQ(matched(index, R"({"type": "x"})"), (Ids{6}));
}

TEST(FilterIndex, FollowsChanges) {
  FilterIndex index;
  EXPECT_EQ(matched(index, "{}"), Ids{});
  index.add(
      {{1, filter_of(R"({"includedEventTypes": ["a"]})")}, {2, filter_of(R"({"includedEventTypes": ["a", "b"]})")}});
  const auto before = index.current();
  const auto version = index.version();
  EXPECT_EQ(matched(index, R"({"type": "a"})"), (Ids{1, 2}));
  index.add(1, filter_of(R"({"includedEventTypes": ["c"]})"));
  EXPECT_EQ(matched(index, R"({"type": "a"})"), (Ids{2}));
  EXPECT_NE(index.version(), version);
  index.remove(2);
  index.remove(7);
  EXPECT_EQ(matched(index, R"({"type": "a"})"), Ids{});
  EXPECT_EQ(matched(index, R"({"type": "c"})"), Ids{1});
  Ids kept;
  before->find(Event::structured(R"({"type": "a"})"), kept);
  EXPECT_EQ(kept.size(), 2U);
}

TEST(FilterIndex, EventsBrokenForSomeMayPassOthers) {
  FilterIndex index;
  index.add(1, filter_of(R"({"includedEventTypes": ["a"]})"));
  index.add(2, filter_of(R"({"filters": [{"operatorType": "IsNullOrUndefined", "key": "data.n"}]})"));
  index.add(3, filter_of("{}"));
  EXPECT_EQ(matched(index, R"({"type": "a", "data": {nonsense}})"), (Ids{1, 3}));
  EXPECT_EQ(matched(index, "nonsense"), (Ids{3}));
  index.add(4, filter_of(R"({"filters": [{"operatorType": "NumberIn", "key": "data.m", "values": [1]}]})"));
  const auto binary = [&](std::string_view data) {
    return matched(index, Event::binary({}, data, "application/json"));
  };
  EXPECT_EQ(binary(R"({"m": 1, "n": nonsense})"), (Ids{2, 3, 4}));
  EXPECT_EQ(binary(R"({"n": nonsense, "m": 1})"), (Ids{2, 3, 4}));
  EXPECT_EQ(binary(R"({"n": 1, "m": 1})"), (Ids{3, 4}));
}

TEST(FilterIndex, MayBeChangedAndAskedWhileItTells) {
  FilterIndex index;
  index.add(1, filter_of("{}"));
  index.add(2, filter_of("{}"));
  int told = 0;
  index.match(Event::structured("{}"), [&](FilterIndex::Id id) {
    index.remove(id);
    told += static_cast<int>(matched(index, "{}").size());
  });
  EXPECT_EQ(told, 1);
}

TEST(FilterIndex, AnswersAsJudgingEachByItself) {
  testing::Random random(7);
  std::size_t found = 0;
  for (const std::size_t size : {1U, 10U, 100U, 300U}) {
    std::vector<Filter> alone;
    FilterIndex index;
    std::vector<std::pair<FilterIndex::Id, Filter>> members;
    for (std::size_t i = 0; i < size; ++i) {
      alone.push_back(filter_of(random.subscription().json()));
      members.emplace_back(i, alone.back());
    }
    index.add(std::move(members));
    EXPECT_LE(index.current()->unindexed(), std::max<std::size_t>(size * 3 / 4, 1));
    for (int i = 0; i < 400; ++i) {
      std::string json = random.event().json();
      if (i % 10 == 0) json.erase(random.below(json.size()), 1);
      const auto event = Event::structured(json);
      Ids expected;
      for (std::size_t id = 0; id < size; ++id) {
        if (alone[id].passes(event)) expected.push_back(id);
      }
      found += expected.size();
      ASSERT_EQ(matched(index, event), expected) << json;
    }
  }
  EXPECT_GT(found, 10'000U);
}

TEST(FilterIndex, IsSharedByThreadsWhileItChanges) {
  FilterIndex index;
  index.add(0, filter_of(R"({"includedEventTypes": ["a"]})"));
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!over) {
        const Ids ids = matched(index, R"({"type": "a"})");
        ASSERT_TRUE(std::ranges::binary_search(ids, 0U));
      }
    });
  }
  for (FilterIndex::Id id = 1; id < 200; ++id)
    index.add(id % 10 + 1, filter_of(R"({"includedEventTypes": ["a", "b"]})"));
  over = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cloud_event
