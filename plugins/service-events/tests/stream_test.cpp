// Streams of an event subscription as their users see them, beside clients that receive.
#include <trellis/abi/stream.h>

#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What a stream brought.
struct Came {
  std::uint64_t lock;
  std::uint32_t deliveries;
  std::string payload;
  std::string content_type;
  trellis::testing::TextPairs properties;
};

/// The user of one stream.
struct Reader {
  std::uint32_t shard = 0;
  std::uint32_t takes = UINT32_MAX;  // of all that is to come
  std::vector<Came> all{};
  std::string ended{};
  trellis_stream* stream = nullptr;
  const trellis_streams* closes = nullptr;  // it closes the stream in the first delivery

  Ids ids() const {
    Ids out;
    for (const Came& one : all) out.push_back(trellis::Config::parse(one.payload)->text("id"));
    return out;
  }
};

std::uint32_t take(void* user, const trellis_stream_item* items, std::uint32_t count) {
  auto& reader = *static_cast<Reader*>(user);
  const std::uint32_t taken = std::min(count, reader.takes);
  for (std::uint32_t i = 0; i < taken; ++i) {
    const trellis_publication& message = *items[i].message;
    Came one{items[i].lock,
             items[i].deliveries,
             std::string(trellis::text(message.payload)),
             std::string(trellis::text(message.content_type)),
             {}};
    for (std::uint32_t k = 0; k < message.user_property_count; ++k) {
      one.properties.emplace_back(trellis::text(message.user_properties[k].name),
                                  trellis::text(message.user_properties[k].value));
    }
    reader.all.push_back(std::move(one));
  }
  reader.takes -= taken;
  if (reader.closes != nullptr) std::exchange(reader.closes, nullptr)->close(std::exchange(reader.stream, nullptr));
  return taken;
}

const trellis_stream_user kUser{sizeof(trellis_stream_user), 0, &take, [](void* user, trellis_view reason) {
                                  static_cast<Reader*>(user)->stream = nullptr;
                                  static_cast<Reader*>(user)->ended = trellis::text(reason);
                                }};

/// The users are on the last of so many shards, the topic lives where its name says.
class Stream : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  static constexpr std::string_view kSettings =
      R"({"streams": {"per_shard": 3, "per_subscription": 2, "events": 4, "bytes": "1KiB"}})";

  const trellis_streams& table() { return *bench.service.instance().table<trellis_streams>(); }
  trellis_status open(Reader& of, std::uint32_t window = 100, std::string_view queue = "orders/audit",
                      std::uint32_t flags = 0) {
    of.shard = GetParam() - 1;
    trellis_status status = TRELLIS_STATUS_UNSET;
    bench.host.on_shard(bench.service.instance(), of.shard, [&](void* shard) {
      status = table().open(shard, 0, trellis::view(queue), flags, window, &kUser, &of, &of.stream);
    });
    return status;
  }
  void settle(Reader& of, std::uint64_t lock, std::uint32_t outcome = TRELLIS_SETTLE_ACCEPT) {
    bench.host.on_shard(bench.service.instance(), of.shard, [&](void*) { table().settle(of.stream, lock, outcome); });
  }
  void close(Reader& of) {
    bench.host.on_shard(bench.service.instance(), of.shard,
                        [&](void*) { table().close(std::exchange(of.stream, nullptr)); });
  }
  void publish(const Ids& all) {
    for (const std::string& id : all) bench.publish(bench.event(id));
  }
  std::int64_t count(std::string_view name, std::string_view outcome = "success") {
    return bench.host.metric("trellis_events_" + std::string(name) + "_total",
                             "outcome=\"" + std::string(outcome) + "\"");
  }

  // Before the bench, which tells them that it ends.
  Reader reader, other;
  EventsBench bench{kSettings, GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Shards, Stream, ::testing::Values(1U, 2U, 3U));

TEST_P(Stream, BringsWhatThereIsAndWhatComes) {
  publish({"a"});
  ASSERT_EQ(open(reader), TRELLIS_OK);
  publish({"b"});
  EXPECT_EQ(reader.ids(), (Ids{"a", "b"}));
  EXPECT_EQ(reader.all[0].deliveries, 1u);
  EXPECT_EQ(reader.all[0].content_type, "application/cloudevents+json; charset=utf-8");
  EXPECT_TRUE(reader.all[0].properties.empty());
  EXPECT_EQ(count("received"), 2);
  EXPECT_EQ(bench.host.metric("trellis_events_streams"), 1);
  EXPECT_EQ(bench.host.metric("trellis_events_locked"), 2);
  settle(reader, reader.all[0].lock);
  EXPECT_EQ(count("acknowledged"), 1);
  EXPECT_EQ(bench.host.metric("trellis_events_locked"), 1);
}

TEST_P(Stream, HasNoMoreOutThanItsWindow) {
  publish({"a", "b", "c", "d", "e", "f"});
  ASSERT_EQ(open(reader, 3), TRELLIS_OK);
  EXPECT_EQ(reader.ids(), (Ids{"a", "b", "c"}));
  settle(reader, reader.all[1].lock);
  EXPECT_EQ(reader.ids(), (Ids{"a", "b", "c", "d"}));
  ASSERT_EQ(open(other, 100), TRELLIS_OK);  // the setting has 4
  publish({"g", "h", "i"});
  EXPECT_EQ(other.ids(), (Ids{"e", "f", "g", "h"}));
}

TEST_P(Stream, HasNoMoreOutThanItsBytesButForOneEvent) {
  const std::string large = R"(,"data":")" + std::string(600, 'x') + "\"";
  for (const char* id : {"a", "b", "c"}) bench.publish(bench.event(id, large));
  ASSERT_EQ(open(reader), TRELLIS_OK);
  EXPECT_EQ(reader.ids(), (Ids{"a", "b"}));
  settle(reader, reader.all[0].lock);
  EXPECT_EQ(reader.ids(), (Ids{"a", "b", "c"}));
}

TEST_P(Stream, AReleasedEventComesAgain) {
  publish({"a"});
  ASSERT_EQ(open(reader), TRELLIS_OK);
  settle(reader, reader.all[0].lock, TRELLIS_SETTLE_RELEASE);
  ASSERT_EQ(reader.ids(), (Ids{"a", "a"}));
  EXPECT_EQ(reader.all[1].deliveries, 2u);
  EXPECT_NE(reader.all[1].lock, reader.all[0].lock);
  EXPECT_EQ(count("released"), 1);
  settle(reader, reader.all[1].lock, TRELLIS_SETTLE_REJECT);
  EXPECT_EQ(count("rejected"), 1);
  EXPECT_EQ(bench.host.metric("trellis_events_dropped_total", R"(reason="rejected")"), 1);
}

TEST_P(Stream, AfterTheLastDeliveryAnEventIsDropped) {
  bench.put("eventSubscriptions", "orders/audit", R"({"deliveryConfiguration":{"queue":{"maxDeliveryCount":2}}})");
  publish({"a"});
  ASSERT_EQ(open(reader), TRELLIS_OK);
  settle(reader, reader.all[0].lock, TRELLIS_SETTLE_RELEASE);
  settle(reader, reader.all[1].lock, TRELLIS_SETTLE_RELEASE);
  EXPECT_EQ(reader.all.size(), 2u);
  EXPECT_EQ(bench.host.metric("trellis_events_dropped_total", R"(reason="maximum_deliveries")"), 1);
}

TEST_P(Stream, ALockThatEndsGivesTheEventToWhoIsNext) {
  publish({"a"});
  ASSERT_EQ(open(reader, 1), TRELLIS_OK);
  ASSERT_EQ(reader.ids(), (Ids{"a"}));
  bench.host.advance(seconds(61));
  EXPECT_EQ(reader.ids(), (Ids{"a"}));  // it has not settled what it has, so there is no room
  const auto received = bench.receive();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].count, 2);
  settle(reader, reader.all[0].lock);
  EXPECT_EQ(count("acknowledged", "failure"), 1);
  EXPECT_EQ(bench.settled("acknowledge", {received[0].token}), 1u);
  publish({"b"});
  EXPECT_EQ(reader.ids(), (Ids{"a", "b"}));
}

TEST_P(Stream, WhatItLeavesIsAsIfItHadNotCome) {
  reader.takes = 1;
  publish({"a", "b", "c"});
  ASSERT_EQ(open(reader), TRELLIS_OK);
  EXPECT_EQ(reader.ids(), (Ids{"a"}));
  EXPECT_EQ(count("received"), 1);
  EXPECT_EQ(count("received", "failure"), 2);
  settle(reader, reader.all[0].lock);
  publish({"d"});
  reader.takes = UINT32_MAX;
  EXPECT_EQ(reader.ids(), (Ids{"a"}));  // until it goes on
  bench.host.on_shard(bench.service.instance(), reader.shard, [&](void*) { table().resume(reader.stream); });
  EXPECT_EQ(reader.ids(), (Ids{"a", "b", "c", "d"}));
  for (const Came& one : reader.all) EXPECT_EQ(one.deliveries, 1u);
}

TEST_P(Stream, WhatAClosedOneHadIsAvailableAtOnce) {
  publish({"a", "b"});
  ASSERT_EQ(open(reader), TRELLIS_OK);
  settle(reader, reader.all[0].lock);
  ASSERT_EQ(open(other), TRELLIS_OK);
  close(reader);
  ASSERT_EQ(other.ids(), (Ids{"b"}));
  EXPECT_EQ(other.all[0].deliveries, 2u);
  EXPECT_EQ(bench.host.metric("trellis_events_streams"), 1);
  EXPECT_EQ(reader.ended, "");
}

// What was said in the same turn counts, too.
TEST_P(Stream, WhatWasSettledBeforeTheEndIsSettled) {
  publish({"a", "b"});
  ASSERT_EQ(open(reader), TRELLIS_OK);
  bench.host.on_shard(bench.service.instance(), reader.shard, [&](void*) {
    table().settle(reader.stream, reader.all[0].lock, TRELLIS_SETTLE_ACCEPT);
    table().close(reader.stream);
  });
  const auto left = bench.receive();
  ASSERT_EQ(ids(left), (Ids{"b"}));
  EXPECT_EQ(left[0].count, 2);
}

// A client whose right was taken away gets nothing, and nothing is counted for it.
TEST_P(Stream, WhoClosesItWhenEventsComeHasHadThoseItTook) {
  for (const std::uint32_t taken : {0U, 1U}) {
    publish({"a", "b"});
    reader.takes = taken;
    reader.closes = &table();
    ASSERT_EQ(open(reader), TRELLIS_OK);
    EXPECT_EQ(bench.host.metric("trellis_events_streams"), 0);
    const auto left = bench.receive();
    ASSERT_EQ(ids(left), (Ids{"a", "b"}));
    EXPECT_EQ(left[0].count, 1 + taken);
    EXPECT_EQ(left[1].count, 1);
    EXPECT_EQ(bench.settled("acknowledge", {left[0].token, left[1].token}), 2u);
  }
}

TEST_P(Stream, StreamsAndReceivesTakeTurns) {
  ASSERT_EQ(open(reader), TRELLIS_OK);
  ASSERT_EQ(open(other), TRELLIS_OK);
  const auto watch = bench.start_receive(1);
  publish({"a", "b", "c"});
  ASSERT_TRUE(watch.answered());
  EXPECT_EQ(reader.all.size(), 1u);
  EXPECT_EQ(other.all.size(), 1u);
}

TEST_P(Stream, InBinaryModeAttributesArePropertiesWhereTheUserHasThem) {
  bench.put("topics", "orders", R"({"mqtt": "binary"})");
  bench.publish(bench.event("a", R"(,"subject":"eu/1","datacontenttype":"text/plain","data":"hello")"));
  ASSERT_EQ(open(reader, 1, "orders/audit", TRELLIS_STREAM_ATTRIBUTES), TRELLIS_OK);
  ASSERT_EQ(reader.all.size(), 1u);
  EXPECT_EQ(reader.all[0].payload, "hello");
  EXPECT_EQ(reader.all[0].content_type, "text/plain");
  EXPECT_THAT(reader.all[0].properties,
              ::testing::IsSupersetOf({std::pair<std::string, std::string>("id", "a"), {"subject", "eu/1"}}));
  EXPECT_EQ(reader.all[0].properties.back(), (std::pair<std::string, std::string>("deliverycount", "1")));
  ASSERT_EQ(open(other), TRELLIS_OK);
  settle(reader, reader.all[0].lock, TRELLIS_SETTLE_RELEASE);
  close(reader);
  ASSERT_EQ(other.all.size(), 1u);
  EXPECT_THAT(other.all[0].payload, HasSubstr(R"("data":"hello")"));
}

TEST_P(Stream, AnAttributeOfThatNameIsTheEventsOwn) {
  bench.put("topics", "orders", R"({"mqtt": "binary"})");
  bench.publish(bench.event("a", R"(,"deliverycount":"mine")"));
  ASSERT_EQ(open(reader, 1, "orders/audit", TRELLIS_STREAM_ATTRIBUTES), TRELLIS_OK);
  ASSERT_EQ(reader.all.size(), 1u);
  EXPECT_EQ(
      std::ranges::count_if(reader.all[0].properties, [](const auto& one) { return one.first == "deliverycount"; }), 1);
}

TEST_P(Stream, InStructuredModeOnlyTheCountIsAProperty) {
  publish({"a"});
  ASSERT_EQ(open(reader, 1, "orders/audit", TRELLIS_STREAM_ATTRIBUTES), TRELLIS_OK);
  ASSERT_EQ(reader.all.size(), 1u);
  EXPECT_THAT(reader.all[0].properties, ElementsAre(std::pair<std::string, std::string>("deliverycount", "1")));
}

TEST_P(Stream, OnlyQueuesThatAreThereAreOpened) {
  EXPECT_EQ(open(reader, 1, "orders"), TRELLIS_INVALID);
  EXPECT_EQ(open(reader, 1, "orders/audit/more"), TRELLIS_INVALID);
  EXPECT_EQ(open(reader, 0), TRELLIS_INVALID);
  EXPECT_EQ(open(reader, 1, "orders/none"), TRELLIS_NO_MATCH);
  EXPECT_EQ(open(reader, 1, "none/audit"), TRELLIS_NO_MATCH);
  EXPECT_EQ(open(reader, 1, "Orders/AUDIT"), TRELLIS_OK);
}

TEST_P(Stream, ThereAreNoMoreThanMayBe) {
  bench.put("eventSubscriptions", "orders/second");
  Reader third;
  Reader fourth;
  ASSERT_EQ(open(reader), TRELLIS_OK);
  ASSERT_EQ(open(other), TRELLIS_OK);
  EXPECT_EQ(open(third), TRELLIS_QUOTA);  // of the subscription
  ASSERT_EQ(open(third, 1, "orders/second"), TRELLIS_OK);
  EXPECT_EQ(open(fourth, 1, "orders/second"), TRELLIS_QUOTA);  // of the shard
  EXPECT_EQ(bench.host.metric("trellis_events_streams_refused_total"), 2);
  close(other);
  EXPECT_EQ(open(fourth), TRELLIS_OK);
  close(third);
  close(fourth);
}

TEST_P(Stream, EndsWithItsSubscription) {
  publish({"a"});
  ASSERT_EQ(open(reader), TRELLIS_OK);
  ASSERT_EQ(bench.host.remove_resource("eventSubscriptions", "orders/audit"), "");
  bench.host.advance(std::chrono::milliseconds(0));  // over several turns
  EXPECT_THAT(reader.ended, HasSubstr("was removed"));
  EXPECT_EQ(bench.host.metric("trellis_events_streams"), 0);
  EXPECT_EQ(bench.host.metric("trellis_events_locked"), 0);
  bench.put("eventSubscriptions", "orders/audit");
  ASSERT_EQ(open(reader), TRELLIS_OK);
  publish({"b"});
  EXPECT_EQ(reader.ids(), (Ids{"a", "b"}));
}

TEST_P(Stream, EndsWhenThePluginIsDrained) {
  publish({"a"});
  ASSERT_EQ(open(reader), TRELLIS_OK);
  bench.service.instance().drain(seconds(1));
  bench.host.turn();
  EXPECT_THAT(reader.ended, HasSubstr("stops"));
  EXPECT_EQ(bench.host.metric("trellis_events_locked"), 0);
}

TEST_P(Stream, EventsThatAreTooOldDoNotCome) {
  bench.put("eventSubscriptions", "orders/audit", R"({"deliveryConfiguration":{"queue":{"eventTimeToLive":"PT2M"}}})");
  publish({"a", "b"});
  ASSERT_EQ(open(reader, 1), TRELLIS_OK);
  bench.host.advance(minutes(3));
  settle(reader, reader.all[0].lock, TRELLIS_SETTLE_RELEASE);
  EXPECT_EQ(reader.ids(), (Ids{"a"}));
  EXPECT_EQ(bench.host.metric("trellis_events_dropped_total", R"(reason="expired")"), 2);
}

}  // namespace
}  // namespace events_service::testing
