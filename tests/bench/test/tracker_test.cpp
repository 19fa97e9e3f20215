// Lost, duplicated and reordered messages are told apart.
#include "tracker.hpp"

#include <gtest/gtest.h>

#include "engine.hpp"
#include "publisher.hpp"

namespace trellis::bench {
namespace {

TEST(StreamTracker, FindsNothingWrongWithAStreamInOrder) {
  StreamTracker streams(2);
  for (std::uint32_t i = 0; i < 10; ++i) EXPECT_EQ(streams.record(1, i), Arrival::in_order);

  EXPECT_EQ(streams.missing(1, 10), 0U);
  EXPECT_EQ(streams.missing(0, 10), 10U);
}

TEST(StreamTracker, CountsAGapAsMissingUntilItIsFilled) {
  StreamTracker streams(1);
  streams.record(0, 0);
  EXPECT_EQ(streams.record(0, 3), Arrival::ahead);
  EXPECT_EQ(streams.missing(0, 4), 2U);

  EXPECT_EQ(streams.record(0, 2), Arrival::late);
  EXPECT_EQ(streams.record(0, 1), Arrival::late);
  EXPECT_EQ(streams.missing(0, 4), 0U);
}

TEST(StreamTracker, TellsARepetitionFromALateArrival) {
  StreamTracker streams(1);
  streams.record(0, 0);
  streams.record(0, 2);
  streams.record(0, 1);

  EXPECT_EQ(streams.record(0, 1), Arrival::duplicate);
  EXPECT_EQ(streams.record(0, 0), Arrival::duplicate);
}

TEST(StreamTracker, CountsWhatWasSentButNeverArrived) {
  StreamTracker streams(1);
  streams.record(0, 0);

  EXPECT_EQ(streams.missing(0, 5), 4U);
}

TEST(OrderTracker, AcceptsGapsButNotGoingBack) {
  OrderTracker order(1);

  EXPECT_TRUE(order.record(0, 0));
  EXPECT_TRUE(order.record(0, 7));
  EXPECT_FALSE(order.record(0, 5));
}

TEST(Publisher, KeepsAMessageOutstandingUntilEverythingDueHasHappened) {
  Client client;
  Publisher publisher(client, 4);
  const auto slot = publisher.slot_of(publisher.begin(2));

  EXPECT_FALSE(publisher.settle(slot));
  EXPECT_EQ(publisher.outstanding(), 1U);
  EXPECT_TRUE(publisher.settle(slot));
  EXPECT_EQ(publisher.outstanding(), 0U);
}

TEST(Publisher, IsFullWhileItsOldestMessageIsOutstanding) {
  Client client;
  Publisher publisher(client, 4);
  for (int i = 0; i < 4; ++i) publisher.begin(1);
  for (std::uint32_t slot = 1; slot < 4; ++slot) publisher.settle(slot);

  EXPECT_TRUE(publisher.full());
  publisher.settle(0);
  EXPECT_FALSE(publisher.full());
}

TEST(Publisher, RecognisesASecondDeliveryAlsoAfterTheSlotWasUsedAgain) {
  Client client;
  Publisher publisher(client, 4);
  for (int i = 0; i < 4; ++i) publisher.begin(1);
  EXPECT_TRUE(publisher.first_delivery(0));
  EXPECT_FALSE(publisher.first_delivery(0));

  publisher.settle(0);
  publisher.begin(1);  // takes the slot of message 0
  EXPECT_FALSE(publisher.first_delivery(0));
  EXPECT_TRUE(publisher.first_delivery(4));
  EXPECT_EQ(publisher.undelivered(), 3U);
}

}  // namespace
}  // namespace trellis::bench
