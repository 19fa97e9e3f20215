// Events go to another topic, by a lender that does as the test says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "handler.hpp"

namespace namespace_topic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using trellis::Cause;
using trellis::testing::OpenDestination;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using Settled = trellis::testing::Outcome;

/// Stands for service-events.
class Lender final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-lender", .version = "1.0.0"};
  struct Call {
    std::string name_space;
    std::string topic;
    std::vector<std::string> events;
    std::uint32_t hops = 0;
    std::function<void(std::vector<std::uint32_t>)> answer;
  };
  struct ShardState {
    ShardState(Lender&, trellis::Shard&) {}
  };

  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text({}, 204); }
  const void* table(std::string_view id) override {
    static constexpr common::EventSink kTable{
        sizeof(common::EventSink), [](void* shard, const common::EventSinkRequest* request) {
          auto& mine = *static_cast<Lender*>(static_cast<trellis::Plugin*>(trellis::glue::shard(shard).plugin()));
          Call call{std::string(trellis::text(request->name_space)),
                    std::string(trellis::text(request->topic)),
                    {},
                    request->hops,
                    [done = request->done, user = request->user](const std::vector<std::uint32_t>& outcomes) {
                      done(user, outcomes.data(), static_cast<std::uint32_t>(outcomes.size()));
                    }};
          for (std::uint32_t i = 0; i < request->count; ++i) {
            call.events.emplace_back(trellis::text(request->events[i]));
          }
          mine.calls.push_back(std::move(call));
        }};
    return id == trellis::kTableId<common::EventSink> ? &kTable : Service::table(id);
  }

  std::vector<Call> calls;
};

class Forwarding : public ::testing::Test {
 protected:
  static std::string block(const std::string& properties) {
    return R"({"endpointType": "NamespaceTopic", "properties": {)" + properties +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "copy"}})";
  }
  trellis::testing::HandlerDriver load(const std::string& settings = "{}") {
    lender_ = &host_.load<Lender>("{}").as<Lender>();
    return host_.load<NamespaceTopicHandler>(settings);
  }
  std::vector<Lender::Call>& calls() { return lender_->calls; }
  std::int64_t metric(const std::string& name, const std::string& labels = {}) {
    return host_.metric("trellis_handler_namespace_topic_" + name, labels);
  }

  TestHost host_;
  Lender* lender_ = nullptr;
};

TEST_F(Forwarding, HandsABatchOverInOnePiece) {
  const auto destination = load().open(block(R"("topicName": "copies")"));
  const auto watches = destination.deliver(std::vector<Sample>{{.payload = "{\"a\":1}"}, {.payload = "{\"b\":2}"}});
  ASSERT_EQ(calls().size(), 1u);
  EXPECT_EQ(calls()[0].name_space, "plant");
  EXPECT_EQ(calls()[0].topic, "copies");
  EXPECT_EQ(calls()[0].hops, 8u);
  EXPECT_THAT(calls()[0].events, ElementsAre("{\"a\":1}", "{\"b\":2}"));
  EXPECT_EQ(watches[0].outcome(), Settled::waiting);
  EXPECT_EQ(metric("events"), 2);
  calls()[0].answer({common::kSinkKept, common::kSinkKept});
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
  EXPECT_EQ(metric("events"), 0);
  EXPECT_EQ(metric("deliveries_total", R"(outcome="delivered")"), 2);
}

TEST_F(Forwarding, HasAVerdictForEveryOutcome) {
  const auto destination = load().open(block(R"("topicName": "copies")"));
  const auto check = [&](std::uint32_t outcome, Settled settled, Cause cause) {
    const auto watch = destination.deliver(std::vector<Sample>{{.payload = "{}"}}).front();
    calls().back().answer({outcome});
    EXPECT_EQ(watch.outcome(), settled) << outcome;
    EXPECT_EQ(watch.cause(), cause) << outcome;
    return watch.reason();
  };
  EXPECT_EQ(check(common::kSinkNoTopic, Settled::retry, Cause::not_found),
            "topic copies of the namespace plant does not exist");
  check(common::kSinkFull, Settled::retry, Cause::full);
  check(common::kSinkFailed, Settled::retry, Cause::other);
  check(common::kSinkStopped, Settled::later, Cause::canceled);
  check(common::kSinkInvalid, Settled::refused, Cause::bad_request);
  EXPECT_EQ(metric("loops_total"), 0);
  EXPECT_THAT(check(common::kSinkLooped, Settled::refused, Cause::bad_request), HasSubstr("as many topics as it may"));
  EXPECT_EQ(metric("loops_total"), 1);
}

TEST_F(Forwarding, WithoutALenderIsNoAttempt) {
  const auto destination = host_.load<NamespaceTopicHandler>("{}").open(block(R"("topicName": "copies")"));
  const auto watch = destination.deliver(std::vector<Sample>{{.payload = "{}"}}).front();
  EXPECT_EQ(watch.outcome(), Settled::later);
  EXPECT_EQ(watch.cause(), Cause::disabled);
  EXPECT_EQ(watch.retry_after(), std::chrono::seconds(10));
}

TEST_F(Forwarding, IsBounded) {
  const auto destination = load(R"({"waiting": 1})").open(block(R"("topicName": "copies")"));
  destination.deliver(std::vector<Sample>{{.payload = "{}"}});
  const auto watch = destination.deliver(std::vector<Sample>{{.payload = "{}"}}).front();
  EXPECT_EQ(watch.outcome(), Settled::later);
  EXPECT_EQ(watch.cause(), Cause::busy);
  EXPECT_EQ(watch.retry_after(), std::chrono::seconds(1));
  EXPECT_EQ(metric("failures_total", R"(cause="busy")"), 1);
  calls()[0].answer({common::kSinkKept});
  EXPECT_EQ(destination.deliver(std::vector<Sample>{{.payload = "{}"}}).front().outcome(), Settled::waiting);
  calls().back().answer({common::kSinkKept});
}

TEST_F(Forwarding, LeavesNobodyWaitingAtTheEnd) {
  const auto plugin = load();
  const auto destination = plugin.open(block(R"("topicName": "copies")"));
  const auto watch = destination.deliver(std::vector<Sample>{{.payload = "{}"}}).front();
  plugin.instance().stop();
  EXPECT_EQ(watch.outcome(), Settled::retry) << "the topic may have it";
  EXPECT_EQ(watch.cause(), Cause::canceled);
  calls()[0].answer({common::kSinkKept});  // too late, and harmless
  EXPECT_EQ(watch.outcome(), Settled::retry);
}

TEST_F(Forwarding, GoesWhereItMay) {
  const auto plugin = load(R"({"hops": 4, "forwards": [{"from": "plant", "to": "office"}]})");
  const auto refusal = [&](const std::string& properties) { return plugin.refusal(block(properties)); };
  EXPECT_EQ(refusal(R"("topicName": "copies", "hops": 4)"), "");
  EXPECT_EQ(refusal(R"("resourceId": "/x/providers/Microsoft.EventGrid/Namespaces/plant/Topics/copies")"), "");
  EXPECT_EQ(refusal(R"("topicName": "copies", "namespaceName": "office")"), "");
  EXPECT_EQ(refusal(R"("topicName": "orders", "namespaceName": "office")"), "");
  EXPECT_EQ(
      refusal(R"("topicName": "copies", "namespaceName": "secrets")"),
      R"(/properties: the plugin's setting forwards does not let events go from the namespace "plant" to "secrets")");
  EXPECT_EQ(refusal(R"("topicName": "Orders")"), "/properties: is the topic that the events come from");
  EXPECT_EQ(refusal(""), "/properties: expected either topicName or resourceId");
  EXPECT_EQ(refusal(R"("topicName": "a/b")"),
            R"(/properties/topicName: expected the name of a topic, 3 to 50 letters, digits or '-', found "a/b")");
  EXPECT_THAT(refusal(R"("resourceId": "/topics/copies")"),
              StartsWith("/properties/resourceId: expected the id of a namespace's topic"));
  EXPECT_EQ(refusal(R"("topicName": "copies", "hops": 5)"),
            "/properties/hops: is more than the plugin's hops, which is 4");
  EXPECT_EQ(plugin.refusal(R"({"properties": {"topicName": "copies"}})"), R"(the block: "context" is missing)");
}

TEST(Manual, NamesEveryPropertyOfADestination) {
  std::ifstream file(TOPICS_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  const std::string schema_text = target_schema().json();
  const auto schema = trellis::json::parse(schema_text).value();
  const auto* properties = schema.find("properties")->find("properties")->find("properties");
  ASSERT_EQ(properties->keys.size(), 6u);
  for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
}

}  // namespace
}  // namespace namespace_topic
