// Subscriptions to queues of another plugin: what clients get by them, and what of that they say is told.
#include <map>
#include <trellis/service.hpp>

#include "broker.hpp"

namespace trellis::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

/// A plugin with queues "orders/audit", "orders/other" and "orders/third" whose events the test has.
class Lender final : public Service {
 public:
  static constexpr PluginInfo kInfo{.id = "service-lender", .version = "1.0.0"};
  struct Settled {
    std::string queue;
    std::uint64_t lock;
    std::uint32_t outcome;
    bool operator==(const Settled&) const = default;
  };
  struct Stream {
    Lender* lender;
    std::string queue;
    std::uint32_t flags;
    std::uint32_t window;
    const trellis_stream_user* table;
    void* user;
    std::uint32_t resumed = 0;

    static Stream& of(trellis_stream* handle) { return *reinterpret_cast<Stream*>(handle); }
  };

  /// Its streams end with the shard.
  struct ShardState {
    ShardState(Lender& of, trellis::Shard&) : lender(of) {}
    ~ShardState() {
      for (auto& [queue, stream] : std::exchange(lender.streams, {}))
        stream.table->ended(stream.user, view("it stops"));
    }
    Lender& lender;
  };

  void on_request(const Request&, Reply reply) override { reply.text({}, 204); }
  const void* table(std::string_view id) override {
    static constexpr trellis_streams kTable{
        sizeof(trellis_streams),
        0,
        [](void* shard, std::uint32_t, trellis_view queue, std::uint32_t flags, std::uint32_t window,
           const trellis_stream_user* table, void* user, trellis_stream** stream) {
          return static_cast<Lender*>(static_cast<Plugin*>(glue::shard(shard).plugin()))
              ->open({nullptr, std::string(text(queue)), flags, window, table, user}, stream);
        },
        [](trellis_stream* stream, std::uint64_t lock, std::uint32_t outcome) {
          Stream::of(stream).lender->settled.push_back({Stream::of(stream).queue, lock, outcome});
        },
        [](trellis_stream* stream) { ++Stream::of(stream).resumed; },
        [](trellis_stream* stream) { Stream::of(stream).lender->streams.erase(Stream::of(stream).queue); }};
    return id == kTableId<trellis_streams> ? &kTable : Service::table(id);
  }

  std::map<std::string, Stream> streams;  // by queue
  std::vector<Settled> settled;
  trellis_status refuses = TRELLIS_OK;
  std::uint32_t opened = 0;

 private:
  trellis_status open(Stream made, trellis_stream** stream) {
    if (refuses != TRELLIS_OK) return refuses;
    if (!made.queue.starts_with("orders/")) return TRELLIS_NO_MATCH;
    made.lender = this;
    ++opened;
    const std::string queue = made.queue;
    *stream = reinterpret_cast<trellis_stream*>(&streams.insert_or_assign(queue, std::move(made)).first->second);
    return TRELLIS_OK;
  }
};

/// Both, and a client.
class QueueTest : public ::testing::Test {
 protected:
  explicit QueueTest(std::string_view limits = "{}") : broker(limits), driver(broker.host.load<Lender>()) {}
  Lender& lender() { return driver.as<Lender>(); }
  bool open(const std::string& queue = "orders/audit") { return lender().streams.contains(queue); }

  /// How many of that many events, of which the first has that lock, the client took.
  std::uint32_t deliver(std::uint64_t lock, std::uint32_t count = 1, const std::string& queue = "orders/audit",
                        std::string_view payload = "{}") {
    trellis_publication message{};
    message.struct_size = sizeof message;
    message.payload = view(payload);
    message.flags = TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
    message.content_type = view("application/cloudevents+json");
    const trellis_pair property{view("deliverycount"), view("1")};
    message.user_properties = &property;
    message.user_property_count = 1;
    std::vector<trellis_stream_item> items;
    for (std::uint32_t i = 0; i < count; ++i) items.push_back({lock + i, 1, 0, &message});
    const Lender::Stream& to = lender().streams.at(queue);
    std::uint32_t taken = 0;
    broker.host.on_shard(driver.instance(), 0, [&](void*) { taken = to.table->deliver(to.user, items.data(), count); });
    return taken;
  }
  void end(const std::string& queue = "orders/audit") {
    const Lender::Stream over = lender().streams.at(queue);
    lender().streams.erase(queue);
    broker.host.on_shard(driver.instance(), 0, [&](void*) { over.table->ended(over.user, view("it was removed")); });
  }
  Peer subscribed(const wire::Connect& options = {}, const std::string& filter = "$queue/orders/audit") {
    Peer peer = broker.connect(options);
    const auto suback = options.version == 5 ? peer.ask(wire::subscribe(1, {{filter, 1}}))
                                             : peer.ask(wire::subscribe(1, {{filter, 1}}, std::nullopt));
    EXPECT_EQ(suback.at(suback.body.size() - 1), 1U);
    return peer;
  }
  unsigned refusal(const std::string& filter, unsigned options = 1) {
    Peer peer = broker.connect({.id = "refused"});
    const auto suback = peer.ask(wire::subscribe(1, {{filter, options}}));
    EXPECT_TRUE(broker.host.subscriber("refused").filters.empty()) << filter;
    return suback.at(suback.body.size() - 1);
  }
  static unsigned id_of(const wire::Answer& publish) {
    const std::size_t topic = publish.at(0) << 8 | publish.at(1);
    return publish.at(2 + topic) << 8 | publish.at(3 + topic);
  }
  static wire::Connect with_receive_maximum(unsigned maximum) {
    return {.properties = wire::bytes({0x21}) + wire::u16(maximum)};
  }

  Broker broker;
  testing::ServiceDriver driver;
};

TEST_F(QueueTest, EventsComeAtQos1AndAreSettledByPuback) {
  Peer peer = broker.connect();
  peer.ask(wire::subscribe(1, {{"$queue/orders/audit", 2}}, wire::bytes({0x0B, 7})));
  ASSERT_TRUE(open());
  EXPECT_EQ(lender().streams.at("orders/audit").flags, TRELLIS_STREAM_ATTRIBUTES);
  EXPECT_EQ(deliver(41), 1U);
  const auto event = peer.answer();
  EXPECT_EQ(event.first, 0x32U);  // PUBLISH at QoS 1
  EXPECT_TRUE(event.contains(wire::text("$queue/orders/audit")));
  EXPECT_TRUE(event.contains(wire::user_property("deliverycount", "1")));
  EXPECT_TRUE(event.contains(wire::bytes({0x0B, 7})));
  EXPECT_TRUE(event.contains(wire::bytes({0x03}) + wire::text("application/cloudevents+json")));
  peer.send(wire::ack(4, id_of(event)));
  EXPECT_THAT(lender().settled, ElementsAre(Lender::Settled{"orders/audit", 41, TRELLIS_SETTLE_ACCEPT}));
  peer.send(wire::ack(4, id_of(event)));
  EXPECT_EQ(lender().settled.size(), 1U);
}

TEST_F(QueueTest, AFailureReleases) {
  Peer peer = subscribed();
  deliver(41);
  peer.send(wire::ack(4, id_of(peer.answer()), 0x83));
  EXPECT_THAT(lender().settled, ElementsAre(Lender::Settled{"orders/audit", 41, TRELLIS_SETTLE_RELEASE}));
  EXPECT_TRUE(peer.open());
}

TEST_F(QueueTest, BeforeMqtt5ThereAreNoProperties) {
  Peer peer = subscribed({.version = 4});
  EXPECT_EQ(lender().streams.at("orders/audit").flags, 0U);
  deliver(41);
  const auto event = peer.answer();
  EXPECT_EQ(event.body, wire::text("$queue/orders/audit") + wire::u16(id_of(event)) + "{}");
  peer.send(wire::ack(4, id_of(event)));
  EXPECT_EQ(lender().settled.size(), 1U);
}

TEST_F(QueueTest, PubrecForAnEventIsAnError) {
  Peer peer = subscribed();
  deliver(41);
  EXPECT_EQ(disconnect_reason(peer.ask(wire::ack(5, id_of(peer.answer())))), 0x82);
  EXPECT_FALSE(open());
}

TEST_F(QueueTest, WhatCannotBeHadIsRefused) {
  EXPECT_EQ(refusal("$queue/orders/+"), 0x8FU);
  EXPECT_EQ(refusal("$queue/#"), 0x8FU);
  EXPECT_EQ(refusal("$queue/orders/audit", 0), 0x83U);
  EXPECT_EQ(refusal("$share/g/$queue/orders/audit"), 0x9EU);
  EXPECT_EQ(refusal("$queue/none/audit"), 0x83U);
  for (const auto& [status, reason] : {std::pair(TRELLIS_INVALID, 0x8FU),
                                       {TRELLIS_QUOTA, 0x97U},
                                       {TRELLIS_UNSUPPORTED, 0x83U},
                                       {TRELLIS_UNAVAILABLE, 0x80U}}) {
    lender().refuses = status;
    EXPECT_EQ(refusal("$queue/orders/audit"), reason);
  }
  lender().refuses = TRELLIS_OK;
  broker.host.on_authorize([](auto, auto, std::string_view topic) { return topic != "$queue/orders/audit"; });
  EXPECT_EQ(refusal("$queue/orders/audit"), 0x87U);
  EXPECT_EQ(lender().opened, 0U);
}

TEST_F(QueueTest, WhyIsSaid) {
  Peer peer = broker.connect();
  EXPECT_TRUE(peer.ask(wire::subscribe(1, {{"$queue/orders/audit", 0}})).contains("subscribe at QoS 1"));
  EXPECT_TRUE(peer.ask(wire::subscribe(1, {{"$queue/no/such", 1}})).contains("no such queue"));
  EXPECT_TRUE(peer.ask(wire::subscribe(1, {{"$share/g/$queue/a/b", 1}})).contains("without $share"));
}

TEST(QueueWithoutLender, ThereAreNone) {
  Broker broker;
  Peer peer = broker.connect();
  EXPECT_TRUE(peer.ask(wire::subscribe(1, {{"$queue/orders/audit", 1}})).contains("no such queue"));
}

TEST_F(QueueTest, UnsubscribingClosesTheStream) {
  Peer peer = subscribed();
  deliver(41);
  const auto event = peer.answer();
  EXPECT_EQ(peer.ask(wire::unsubscribe(2, {"$queue/orders/audit"})).at(3), 0U);
  EXPECT_FALSE(open());
  peer.send(wire::ack(4, id_of(event)));
  EXPECT_TRUE(lender().settled.empty());  // nobody's any more
  EXPECT_EQ(broker.host.subscriber("c1").window, 1000U);
}

TEST_F(QueueTest, TheSubscriptionIsReplacedAndTheStreamStays) {
  Peer peer = subscribed();
  peer.ask(wire::subscribe(2, {{"$queue/orders/audit", 1}}, wire::bytes({0x0B, 9})));
  EXPECT_EQ(lender().opened, 1U);
  deliver(41);
  EXPECT_TRUE(peer.answer().contains(wire::bytes({0x0B, 9})));
}

TEST_F(QueueTest, HalfOfTheReceiveMaximumIsForEvents) {
  Peer peer = subscribed(with_receive_maximum(5));
  EXPECT_EQ(lender().streams.at("orders/audit").window, 2U);
  EXPECT_EQ(broker.host.subscriber("c1").window, 3U);
  EXPECT_EQ(deliver(1, 3), 2U);
  const auto events = peer.answers();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(lender().streams.at("orders/audit").resumed, 0U);
  peer.send(wire::ack(4, id_of(events[0])));
  broker.host.advance(milliseconds(1));
  EXPECT_EQ(lender().streams.at("orders/audit").resumed, 1U);
  EXPECT_EQ(deliver(3, 1), 1U);
}

TEST_F(QueueTest, PacketIdentifiersAreSharedWithOtherMessages) {
  Peer peer = subscribed();
  peer.ask(wire::subscribe(2, {{"news", 1}}));
  deliver(41);
  broker.host.publish({.topic = "news", .payload = "n", .qos = 1});
  const auto both = peer.answers();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_NE(id_of(both[0]), id_of(both[1]));
  peer.send(wire::ack(4, id_of(both[1])));
  EXPECT_TRUE(lender().settled.empty());
  peer.send(wire::ack(4, id_of(both[0])));
  EXPECT_EQ(lender().settled.size(), 1U);
  EXPECT_EQ(broker.host.subscriber("c1").queued, 0U);
}

// Two streams of one client: neither takes all the room while the other has something.
TEST_F(QueueTest, StreamsOfOneClientShareTheRoom) {
  Peer peer = subscribed(with_receive_maximum(8));
  peer.ask(wire::subscribe(2, {{"$queue/orders/other", 1}}));
  EXPECT_EQ(deliver(1, 4), 4U);
  EXPECT_EQ(deliver(1, 4, "orders/other"), 0U);
  const auto events = peer.answers();
  peer.send(wire::ack(4, id_of(events[0])));
  EXPECT_EQ(deliver(5, 1), 0U);  // it has its half
  broker.host.advance(milliseconds(1));
  EXPECT_EQ(lender().streams.at("orders/other").resumed, 1U);
  EXPECT_EQ(deliver(1, 2, "orders/other"), 1U);
  peer.send(wire::ack(4, id_of(events[1])));
  peer.send(wire::ack(4, id_of(events[2])));
  broker.host.advance(milliseconds(1));
  EXPECT_EQ(lender().streams.at("orders/audit").resumed, 1U);
}

TEST_F(QueueTest, ThereAreNoMoreThanTheRoomAllows) {
  Peer peer = subscribed(with_receive_maximum(3));
  const auto suback = peer.ask(wire::subscribe(2, {{"$queue/orders/other", 1}}));
  EXPECT_EQ(suback.at(suback.body.size() - 1), 0x97U);
}

TEST_F(QueueTest, OneAtATimeIsEnough) {
  Peer peer = subscribed(with_receive_maximum(1));
  EXPECT_EQ(deliver(1, 2), 1U);
  peer.send(wire::ack(4, id_of(peer.answer())));
  EXPECT_EQ(lender().settled.size(), 1U);
  EXPECT_EQ(deliver(2, 1), 1U);
  peer.answers();
  EXPECT_EQ(deliver(3, 1), 0U);
}

TEST_F(QueueTest, WhatIsTooLargeForTheClientIsDiscarded) {
  Peer peer = subscribed({.properties = wire::bytes({0x27}) + wire::u32(150)});
  EXPECT_EQ(deliver(1, 1, "orders/audit", std::string(200, 'x')), 1U);
  EXPECT_TRUE(peer.answers().empty());
  EXPECT_THAT(lender().settled, ElementsAre(Lender::Settled{"orders/audit", 1, TRELLIS_SETTLE_DISCARD}));
  EXPECT_EQ(broker.host.metric("trellis_mqtt_oversized_deliveries_total"), 1);
  EXPECT_EQ(deliver(2), 1U);
  EXPECT_EQ(peer.answers().size(), 1U);
}

TEST_F(QueueTest, TheConnectionsEndClosesTheStream) {
  Peer peer = subscribed();
  deliver(41);
  peer.connection().disconnect();
  EXPECT_FALSE(open());
}

TEST_F(QueueTest, AStreamThatEndedIsOpenedAgain) {
  Peer peer = subscribed();
  deliver(41);
  const auto event = peer.answer();
  lender().refuses = TRELLIS_NO_MATCH;
  end();
  broker.host.advance(seconds(5));
  EXPECT_FALSE(open());
  lender().refuses = TRELLIS_OK;
  broker.host.advance(seconds(5));
  ASSERT_TRUE(open());
  // Of the stream before.
  peer.send(wire::ack(4, id_of(event)));
  EXPECT_TRUE(lender().settled.empty());
  EXPECT_EQ(deliver(41), 1U);
  peer.send(wire::ack(4, id_of(peer.answer())));
  EXPECT_EQ(lender().settled.size(), 1U);
}

// What the session has in flight is sent again under the identifiers it had.
TEST_F(QueueTest, EventsTakeNoIdentifierThatIsToBeUsedAgain) {
  const wire::Connect again{.clean = false, .properties = wire::bytes({0x11}) + wire::u32(3600)};
  Peer peer = subscribed(again);
  peer.ask(wire::subscribe(2, {{"news", 1}}));
  deliver(41);
  broker.host.publish({.topic = "news", .payload = "n", .qos = 1});
  const auto both = peer.answers();
  ASSERT_EQ(both.size(), 2U);
  const unsigned before = id_of(both[1]);
  peer.send(wire::disconnect());
  Peer back = broker.dial();
  back.send(wire::connect(again));
  deliver(42);
  for (const auto& packet : back.answers()) {
    if (packet.type() == 3) EXPECT_EQ(id_of(packet) == before, packet.contains("news"));
  }
  EXPECT_LE(before, 32'768U);
  EXPECT_GT(id_of(both[0]), 32'768U);
}

TEST_F(QueueTest, AStreamThatEndsAtOnceIsNotOpenedOverAndOver) {
  Peer peer = subscribed();
  for (int i = 0; i < 3; ++i) {
    end();
    broker.host.advance(milliseconds(100));
    EXPECT_FALSE(open());
    broker.host.advance(seconds(2));
    EXPECT_TRUE(open());
  }
  broker.host.advance(seconds(3));
  end();
  broker.host.advance(milliseconds(1));
  EXPECT_TRUE(open());
}

TEST_F(QueueTest, ASessionThatIsResumedHasItsStreams) {
  for (const bool taken_over : {false, true}) {
    const wire::Connect first{.id = taken_over ? "taken" : "resumed",
                              .properties = wire::bytes({0x11}) + wire::u32(3600)};
    wire::Connect again = first;
    again.clean = false;
    Peer peer = broker.connect(first);
    peer.ask(wire::subscribe(1, {{"$queue/orders/audit", 1}}, wire::bytes({0x0B, 9})));
    deliver(41);
    EXPECT_EQ(peer.answers().size(), 1U);
    if (!taken_over) {
      peer.send(wire::disconnect());
      EXPECT_FALSE(open());
    }
    Peer back = broker.connect(again);
    ASSERT_TRUE(open()) << taken_over;
    EXPECT_EQ(deliver(42), 1U);
    EXPECT_TRUE(back.answer().contains(wire::bytes({0x0B, 9})));
    back.send(wire::unsubscribe(2, {"$queue/orders/audit"}));
    back.send(wire::disconnect());
    Peer third = broker.connect(again);
    EXPECT_FALSE(open());
    third.connection().disconnect();
  }
}

TEST_F(QueueTest, AResumedSessionHasNoStreamItLostTheRightTo) {
  const wire::Connect again{.clean = false, .properties = wire::bytes({0x11}) + wire::u32(3600)};
  Peer peer = subscribed(again);
  peer.send(wire::disconnect());
  broker.host.on_authorize([](auto, auto, std::string_view) { return false; });
  Peer back = broker.connect(again);
  EXPECT_FALSE(open());
  EXPECT_TRUE(broker.host.subscriber("c1").filters.empty());
}

TEST_F(QueueTest, WhatTheClientMayNotReadAnyMoreDoesNotCome) {
  Peer peer = subscribed();
  bool allowed = false;
  broker.host.on_authorize([&](auto, auto, std::string_view) { return allowed; });
  broker.host.advance(seconds(1));
  EXPECT_EQ(deliver(41), 0U);
  EXPECT_FALSE(open());
  broker.host.advance(seconds(5));
  EXPECT_FALSE(open());
  allowed = true;
  broker.host.advance(seconds(5));
  ASSERT_TRUE(open());
  EXPECT_EQ(deliver(42), 1U);
}

TEST_F(QueueTest, ANewSessionHasNone) {
  const wire::Connect kept{.properties = wire::bytes({0x11}) + wire::u32(3600)};
  Peer peer = subscribed(kept);
  peer.send(wire::disconnect());
  Peer back = broker.connect(kept);
  EXPECT_FALSE(open());
}

class RatedQueue : public QueueTest {
 protected:
  RatedQueue() : QueueTest(R"({"deliveries_per_second": 2})") {}
};

TEST_F(RatedQueue, EventsCountAsDeliveries) {
  Peer peer = subscribed();
  std::uint32_t taken = 0;
  for (std::uint64_t lock = 1; lock <= 10; ++lock) taken += deliver(lock);
  EXPECT_LT(taken, 10U);
  const std::uint32_t resumed = lender().streams.at("orders/audit").resumed;
  broker.host.advance(seconds(10));
  EXPECT_GT(lender().streams.at("orders/audit").resumed, resumed);
  EXPECT_EQ(deliver(20), 1U);
}

}  // namespace
}  // namespace trellis::mqtt
