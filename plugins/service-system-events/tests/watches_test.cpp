#include "watches.hpp"

#include <gmock/gmock.h>

namespace system_events {
namespace {

using common::MetricText;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WatchesTest : public ::testing::Test {
 protected:
  std::vector<std::string> read(const std::string& text) {
    std::vector<std::string> told;
    watches.read(
        MetricText(text), [&](const Watch& watch, std::string_view labels, std::int64_t before, std::int64_t now) {
          told.push_back(watch.type + std::string(labels) + " " + std::to_string(before) + " " + std::to_string(now));
        });
    return told;
  }
  Watches watches{{{"Grew", "dropped_total", ""},
                   {"Refused", "reloads_total", "outcome=\"refused\""},
                   {"Expiring", "days", "", 30}}};
};

TEST_F(WatchesTest, WhatGrewIsToldOfWithItsLabels) {
  watches.begin(MetricText("dropped_total{reason=\"a\"} 5\n"));
  EXPECT_THAT(read("dropped_total{reason=\"a\"} 5\n"), IsEmpty());
  EXPECT_THAT(read("dropped_total{reason=\"a\"} 7\n"), ElementsAre("Grew{reason=\"a\"} 5 7"));
  EXPECT_THAT(read("dropped_total{reason=\"a\"} 7\n"), IsEmpty());
}

TEST_F(WatchesTest, WhatIsNewHasGrownFromNothing) {
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("dropped_total{reason=\"b\"} 1\n"), ElementsAre("Grew{reason=\"b\"} 0 1"));
}

TEST_F(WatchesTest, OnlyTheLabelThatWasAskedFor) {
  watches.begin(MetricText("reloads_total{outcome=\"taken\"} 0\nreloads_total{outcome=\"refused\"} 0\n"));
  EXPECT_THAT(read("reloads_total{outcome=\"taken\"} 1\nreloads_total{outcome=\"refused\"} 1\n"),
              ElementsAre("Refused{outcome=\"refused\"} 0 1"));
}

TEST_F(WatchesTest, WhatIsLowIsToldOfOnceUntilItWasHigh) {
  EXPECT_THAT(read("days{certificate=\"a\"} 29\n"), ElementsAre("Expiring{certificate=\"a\"} 0 29"));
  EXPECT_THAT(read("days{certificate=\"a\"} 28\n"), IsEmpty());
  EXPECT_THAT(read("days{certificate=\"a\"} 90\n"), IsEmpty());
  EXPECT_THAT(read("days{certificate=\"a\"} -1\n"), ElementsAre("Expiring{certificate=\"a\"} 90 -1"));
}

TEST_F(WatchesTest, ACounterThatBeganAnewIsNone) {
  watches.begin(MetricText("dropped_total 9\n"));
  EXPECT_THAT(read("dropped_total 2\n"), IsEmpty());
  EXPECT_THAT(read("dropped_total 3\n"), ElementsAre("Grew 2 3"));
}

}  // namespace
}  // namespace system_events
