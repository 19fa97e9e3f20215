// Counts allocations while events are judged: once a thread has read an event of that size there must be none.

#include "common/allocation_count/allocation_count.hpp"
#include "common/cloud_event/filter_index.hpp"
#include "judging.hpp"

namespace cloud_event {
namespace {

constexpr const char* kFilter = R"({"includedEventTypes": ["Order.Created.Of.A.Name.That.Is.Long"], "filters": [
    {"operatorType": "StringContains", "key": "data.Text", "values": ["a text that is longer than any small string \u00c4"]},
    {"operatorType": "NumberIn", "key": "data.list", "values": [7]},
    {"operatorType": "NumberIn", "key": "data.list", "values": [3.25]}], "cloudEventFilters": [
    {"sql": "UPPER(CONCAT(type, '-', 7)) LIKE 'ORDER%THAT.IS.LONG-_'"}]})";
constexpr const char* kEvent =
    R"({"type": "order.created.OF.a.name.that.is.long", "data": {"list": [1, 2.5, 3.25, "x", 7],
    "text": "it has A TEXT that is longer than any small string \u00e4 and more"}})";

TEST(NoAllocation, JudgingEvents) {
  const Filter filter = filter_of(kFilter);
  unsigned passed = 0;
  std::size_t before = 0;
  for (int round = 0; round < 3; ++round) {
    if (round == 1) before = common::allocations();
    passed += filter.passes(Event::structured(kEvent)) ? 1 : 0;
    passed += filter.passes(Event::structured(R"({"type": "other"})")) ? 1 : 0;
    passed += filter.passes(Event::binary({}, R"({"Text": "x"})", "application/json")) ? 1 : 0;
    passed += filter.passes(Event::structured("broken")) ? 1 : 0;
  }
  EXPECT_EQ(common::allocations(), before);
  EXPECT_EQ(passed, 3U);
}

TEST(NoAllocation, MatchingByIndex) {
  FilterIndex index;
  for (FilterIndex::Id id = 0; id < 100; ++id) index.add(id, filter_of(kFilter));
  std::size_t matched = 0;
  std::size_t before = 0;
  for (int round = 0; round < 3; ++round) {
    if (round == 1) before = common::allocations();
    index.match(Event::structured(kEvent), [&](FilterIndex::Id) { ++matched; });
  }
  EXPECT_EQ(common::allocations(), before);
  EXPECT_EQ(matched, 300U);
}

}  // namespace
}  // namespace cloud_event
