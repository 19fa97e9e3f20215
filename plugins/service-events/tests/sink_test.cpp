// Events that another plugin puts into a topic.
#include <trellis/handler.hpp>

#include "common/event_sink/event_sink.hpp"
#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using ::testing::ElementsAre;

/// A plugin that has events, and hands them over when it is told to.
class Borrower final : public trellis::WithLenders<trellis::Handler> {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "handler-borrower", .version = "1.0.0", .wants = {TRELLIS_HOST_BORROW}};
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config&) override {
    return std::make_unique<Place>(*this);
  }
  void lenders_changed() override { sink = trellis::borrow<common::EventSink>(host()); }

  struct Place final : trellis::Destination {
    explicit Place(Borrower& of) : owner(of) {}
    void deliver(trellis::DeliveryBatch batch) override {
      std::vector<trellis_view> events;
      batch.each([&](trellis::Delivery& delivery) {
        events.push_back(trellis::view(delivery.message().payload()));
        delivery.delivered();
      });
      const common::EventSinkRequest request{.struct_size = sizeof(common::EventSinkRequest),
                                             .hops = 3,
                                             .name_space = trellis::view(owner.name_space),
                                             .topic = trellis::view(owner.topic),
                                             .events = events.data(),
                                             .count = static_cast<std::uint32_t>(events.size()),
                                             .done =
                                                 [](void* user, const std::uint32_t* outcomes, std::uint32_t count) {
                                                   static_cast<Borrower*>(user)->outcomes.assign(outcomes,
                                                                                                 outcomes + count);
                                                 },
                                             .user = &owner};
      (*owner.sink)->take(owner.sink->shard(batch.shard()), &request);
    }
    Borrower& owner;
  };

  std::optional<trellis::Borrowed<common::EventSink>> sink;
  std::string name_space = "default";
  std::string topic = "orders";
  std::vector<std::uint32_t> outcomes;
};

class Sink : public ::testing::Test {
 protected:
  Sink() : bench_("{}"), plugin_(bench_.host.load<Borrower>("{}")), borrower_(plugin_.as<Borrower>()) {
    borrower_.name_space = std::string(bench_.service.as<Events>().host().name_space(0).name);
  }
  std::vector<std::uint32_t> put(const std::vector<std::string>& events) {
    borrower_.outcomes.clear();
    std::vector<trellis::testing::Sample> samples;
    for (const std::string& event : events) samples.push_back({.payload = event});
    plugin_.open("{}").deliver(samples);
    bench_.host.turn();
    return borrower_.outcomes;
  }

  EventsBench bench_;
  trellis::testing::HandlerDriver plugin_;
  Borrower& borrower_;
};

TEST_F(Sink, KeepsEventsAndCountsTheirHops) {
  EXPECT_THAT(put({EventsBench::event("a"), EventsBench::event("b", R"(,"forwardhops":2)")}),
              ElementsAre(common::kSinkKept, common::kSinkKept));
  const auto all = bench_.receive();
  EXPECT_EQ(ids(all), (Ids{"a", "b"}));
  EXPECT_EQ(all[0].event, EventsBench::event("a", R"(,"forwardhops":1)"));
  EXPECT_EQ(all[1].event, EventsBench::event("b", R"(,"forwardhops":3)"));
}

TEST_F(Sink, EndsWhatGoesInACircle) {
  EXPECT_THAT(put({EventsBench::event("a", R"(,"forwardhops":3)"), EventsBench::event("b", R"(,"forwardhops":"x")")}),
              ElementsAre(common::kSinkLooped, common::kSinkKept));
  EXPECT_EQ(ids(bench_.receive()), (Ids{"b"}));
}

TEST_F(Sink, TakesOnlyWhatItKnows) {
  EXPECT_THAT(put({"no object"}), ElementsAre(common::kSinkInvalid));
  borrower_.topic = "nowhere";
  EXPECT_THAT(put({EventsBench::event("a")}), ElementsAre(common::kSinkNoTopic));
  borrower_.topic = "orders";
  borrower_.name_space = "nowhere";
  EXPECT_THAT(put({EventsBench::event("a")}), ElementsAre(common::kSinkNoTopic));
}

TEST_F(Sink, IsFullWhenTheQueueIs) {
  EventsBench bench(R"({"queued_events": 1})");
  const auto plugin = bench.host.load<Borrower>("{}");
  auto& borrower = plugin.as<Borrower>();
  borrower.name_space = std::string(bench.service.as<Events>().host().name_space(0).name);
  plugin.open("{}").deliver(std::vector<trellis::testing::Sample>{{.payload = EventsBench::event("a")},
                                                                  {.payload = EventsBench::event("b")}});
  bench.host.turn();
  EXPECT_THAT(borrower.outcomes, ElementsAre(common::kSinkFull, common::kSinkFull)) << "all or none";
  EXPECT_TRUE(bench.receive().empty());
}

}  // namespace
}  // namespace events_service::testing
