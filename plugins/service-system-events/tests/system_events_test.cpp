// The plugin as the broker sees it.
#include "system_events.hpp"

#include <gmock/gmock.h>

#include <trellis/testing/test_host.hpp>

namespace system_events {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using trellis::testing::TestHost;

/// Who declares what the tests write.
class Registry final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-registry", .version = "1.0.0"};
  trellis::Result<void> configure(const trellis::Config&) override {
    for (const char* type : {"clients", "gadgets"}) {
      if (auto good = declare_resources(*this, {.name = type, .schema = schema_of_it().json()}); !good) return good;
    }
    return trellis::ok();
  }
  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text({}, 204); }

 private:
  static trellis::Schema schema_of_it() {
    return trellis::Schema{}
        .text("authenticationName")
        .text("state")
        .text("secret")
        .property("attributes", R"({"type":"object","additionalProperties":true})");
  }
};

class SystemEventsTest : public ::testing::Test {
 protected:
  void begin(std::string_view settings = "{}", std::uint32_t shards = 1) {
    host.emplace(trellis::testing::TestHostOptions{.shards = shards});
    other = host->name_space("other");
    host->load<Registry>();
    plugin.emplace(host->load<SystemEvents>(settings));
    host->advance(20ms);
    seen = host->published().size();
  }
  /// What was published since the last call.
  std::vector<trellis::testing::Sample> news() {
    std::vector<trellis::testing::Sample> found;
    for (; seen < host->published().size(); ++seen) found.push_back(host->published()[seen].message);
    return found;
  }
  void tell(bool connected, std::string_view client, std::string_view session, std::uint64_t sequence,
            std::uint32_t reason = 0, std::uint32_t shard = 0, std::uint32_t name_space = 0) {
    const auto* table = plugin->instance().table<trellis_session_witness>();
    ASSERT_NE(table, nullptr);
    host->on_shard(plugin->instance(), shard, [&](void* state) {
      const trellis_session_fact fact{
          sizeof(trellis_session_fact), name_space, trellis::view(client), trellis::view(session), sequence, reason, 0};
      (connected ? table->connected : table->disconnected)(state, &fact);
    });
    host->advance(20ms);
  }
  /// The clients they tell of.
  static std::vector<std::string> sessions(const std::vector<trellis::testing::Sample>& events) {
    std::vector<std::string> names;
    for (const auto& one : events) {
      const std::size_t at = one.topic.find("/clients/") + 9;
      names.push_back(one.topic.substr(at, one.topic.find('/', at) - at));
    }
    return names;
  }
  std::optional<TestHost> host;
  std::optional<trellis::testing::ServiceDriver> plugin;
  std::size_t seen = 0;
  std::uint32_t other = 0;  // a namespace beside "default"
};

TEST_F(SystemEventsTest, AClientThatConnects) {
  begin();
  tell(true, "press-04", "s1", 7);
  const auto events = news();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].topic, "$events/system/clients/press-04/sessions/s1");
  EXPECT_EQ(events[0].qos, 1u);
  EXPECT_EQ(events[0].content_type, "application/cloudevents+json");
  EXPECT_EQ(events[0].publisher, "");
  const auto event = trellis::Config::parse(events[0].payload).value();
  EXPECT_EQ(event.text("specversion"), "1.0");
  EXPECT_EQ(event.text("type"), "Microsoft.EventGrid.MQTTClientSessionConnected");
  EXPECT_EQ(event.text("source"), "default");
  EXPECT_EQ(event.text("subject"), "clients/press-04/sessions/s1");
  EXPECT_EQ(event.text("id").size(), 36u);
  EXPECT_EQ(std::string(event.object("data").json()),
            R"({"namespaceName":"default","clientAuthenticationName":"press-04","clientSessionName":"s1",)"
            R"("sequenceNumber":7})");
}

TEST_F(SystemEventsTest, EachReasonHasItsName) {
  begin(R"({"source": "/namespaces/factory"})", 2);
  const std::pair<std::uint32_t, const char*> reasons[] = {
      {TRELLIS_DISCONNECTED_AUTHENTICATION, "ClientAuthenticationError"},
      {TRELLIS_DISCONNECTED_AUTHORIZATION, "ClientAuthorizationError"},
      {TRELLIS_DISCONNECTED_CLIENT_ERROR, "ClientError"},
      {TRELLIS_DISCONNECTED_BY_CLIENT, "ClientInitiatedDisconnect"},
      {TRELLIS_DISCONNECTED_LOST, "ConnectionLost"},
      {TRELLIS_DISCONNECTED_ADDRESS, "IpForbidden"},
      {TRELLIS_DISCONNECTED_QUOTA, "QuotaExceeded"},
      {TRELLIS_DISCONNECTED_SERVER_ERROR, "ServerError"},
      {TRELLIS_DISCONNECTED_BY_SERVER, "ServerInitiatedDisconnect"},
      {TRELLIS_DISCONNECTED_OVERFLOW, "SessionOverflow"},
      {TRELLIS_DISCONNECTED_TAKEN_OVER, "SessionTakenOver"}};
  for (const auto& [reason, name] : reasons) {
    tell(false, "c", "s", 9, reason, 1);
    const auto events = news();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_THAT(events[0].payload,
                AllOf(HasSubstr(R"("type":"Microsoft.EventGrid.MQTTClientSessionDisconnected")"),
                      HasSubstr(R"("source":"/namespaces/factory")"), HasSubstr(R"("sequenceNumber":9)"),
                      HasSubstr(R"("disconnectionReason":")" + std::string(name) + "\"")));
  }
}

TEST_F(SystemEventsTest, NamesCannotReachOtherTopics) {
  begin();
  tell(true, "a/b", "x+#%\"", 1);
  const auto events = news();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].topic, "$events/system/clients/a%2Fb/sessions/x%2B%23%25\"");
  EXPECT_THAT(events[0].payload, HasSubstr(R"("clientAuthenticationName":"a/b")"));
  EXPECT_THAT(events[0].payload, HasSubstr(R"("clientSessionName":"x+#%\"")"));
}

TEST_F(SystemEventsTest, SessionsOnlyWhereTheyAreWanted) {
  begin(R"({"sessions": false})");
  EXPECT_EQ(plugin->instance().table<trellis_session_witness>(), nullptr);
}

TEST_F(SystemEventsTest, SeveralChangesOfAClientAreOne) {
  begin();
  host->put_resource("clients", "press", R"({"authenticationName":"p1","attributes":{"room":1}})");
  host->advance(2s);
  host->put_resource("clients", "press", R"({"authenticationName":"p1","attributes":{"room":2},"secret":"x"})");
  host->advance(2900ms);
  EXPECT_TRUE(news().empty());
  host->advance(200ms);
  const auto events = news();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].topic, "$events/system/clients/press");
  EXPECT_THAT(
      events[0].payload,
      AllOf(HasSubstr(R"("type":"Microsoft.EventGrid.MQTTClientCreatedOrUpdated")"), HasSubstr(R"("createdOn":")"),
            HasSubstr(R"("updatedOn":")"), HasSubstr(R"("clientName":"press","clientAuthenticationName":"p1")"),
            HasSubstr(R"("state":"Enabled","attributes":{"room":2})"), Not(HasSubstr("secret"))));
}

TEST_F(SystemEventsTest, OneThatWasMadeAndRemovedIsOnlyRemoved) {
  begin();
  host->put_resource("clients", "press", "{}");
  host->remove_resource("clients", "press");
  host->advance(6s);
  const auto events = news();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_THAT(
      events[0].payload,
      HasSubstr(R"("data":{"namespaceName":"default","clientName":"press","clientAuthenticationName":"press"})"));
  EXPECT_THAT(events[0].payload, HasSubstr("Microsoft.EventGrid.MQTTClientDeleted"));
}

TEST_F(SystemEventsTest, OfOtherResourcesNothingIsToldButThatTheyChanged) {
  begin(R"({"resource_delay": "100ms"})");
  host->put_resource("gadgets", "g", R"({"secret":"x"})");
  host->advance(200ms);
  host->remove_resource("gadgets", "g");
  host->advance(200ms);
  const auto events = news();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].topic, "$events/system/gadgets/g");
  EXPECT_THAT(events[0].payload, AllOf(HasSubstr("Trellis.ResourceWritten"), Not(HasSubstr("secret"))));
  EXPECT_THAT(events[1].payload, HasSubstr("Trellis.ResourceDeleted"));
}

TEST_F(SystemEventsTest, WhatIsLeftIsToldOfBeforeTheEnd) {
  begin();
  host->put_resource("clients", "press", "{}");
  plugin->instance().drain(1s);
  host->turn();
  EXPECT_EQ(news().size(), 1u);
}

TEST_F(SystemEventsTest, MetricsBecomeEvents) {
  begin(R"({"watch_interval": "1s", "watches": [{"type": "Plant.Told", "metric": "trellis_system_events_total",
        "label": "outcome=\"unmatched\""}]})");
  tell(true, "c", "s", 1);
  news();
  host->advance(1s);
  const auto events = news();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].topic, "$events/system/metrics/trellis_system_events_total");
  EXPECT_THAT(events[0].payload, AllOf(HasSubstr(R"("type":"Plant.Told")"), HasSubstr(R"("increase":1)"),
                                       HasSubstr(R"("labels":"{outcome=\"unmatched\"}")")));
}

TEST_F(SystemEventsTest, WhatThereIsNoRoomForWaits) {
  begin();
  bool full = true;
  host->on_publish([&](const auto&) { return full ? trellis::Status::quota : trellis::Status::unset; });
  tell(true, "c", "s", 1);
  tell(false, "c", "s", 1, TRELLIS_DISCONNECTED_LOST);
  full = false;
  news();
  host->advance(2s);
  const auto events = news();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_THAT(events[0].payload, HasSubstr("SessionConnected"));
  EXPECT_THAT(events[1].payload, HasSubstr("SessionDisconnected"));
}

TEST_F(SystemEventsTest, ANamespaceThatHasNoRoomKeepsNoOtherWaiting) {
  begin();
  bool full = true;
  host->on_publish([&](const trellis::testing::Sample& one) {
    return full && one.topic.find("/full/") != std::string::npos ? trellis::Status::quota : trellis::Status::unset;
  });
  tell(true, "full", "s", 1);
  tell(true, "full", "s", 2);
  news();
  tell(true, "free", "s", 1, 0, 0, other);
  EXPECT_EQ(sessions(news()), std::vector<std::string>{"free"});
  full = false;
  host->advance(2s);
  EXPECT_EQ(sessions(news()), (std::vector<std::string>{"full", "full"}));
}

TEST_F(SystemEventsTest, ManyAreToldOfTurnByTurn) {
  begin();
  const auto* table = plugin->instance().table<trellis_session_witness>();
  host->on_shard(plugin->instance(), 0, [&](void* state) {
    for (std::uint32_t i = 0; i < 2000; ++i) {
      const std::uint32_t name_space = i < 1999 ? 0 : other;
      const trellis_session_fact fact{sizeof(trellis_session_fact),
                                      name_space,
                                      trellis::view(name_space == other ? "rare" : "often"),
                                      trellis::view("s"),
                                      i,
                                      0,
                                      0};
      table->connected(state, &fact);
    }
  });
  host->advance(20ms);
  const auto told = sessions(news());
  ASSERT_EQ(told.size(), 2000u);
  EXPECT_EQ(told[1], "rare") << "it does not stand behind all of the other namespace";
}

TEST_F(SystemEventsTest, OneNamespaceLeavesOthersRoomToWait) {
  begin();
  host->on_publish([](const auto&) { return trellis::Status::quota; });
  const auto* table = plugin->instance().table<trellis_session_witness>();
  const auto many = [&](std::uint32_t count, std::uint32_t name_space) {
    host->on_shard(plugin->instance(), 0, [&](void* state) {
      const trellis_session_fact fact{
          sizeof(trellis_session_fact), name_space, trellis::view("c"), trellis::view("s"), 1, 0, 0};
      for (std::uint32_t i = 0; i < count; ++i) table->connected(state, &fact);
    });
  };
  many(60'000, 0);
  EXPECT_EQ(host->metric("trellis_system_events_total", "outcome=\"dropped\""), 10'000);
  many(1000, other);
  EXPECT_EQ(host->metric("trellis_system_events_total", "outcome=\"dropped\""), 10'000);
}

TEST_F(SystemEventsTest, WhatIsRefusedForGoodIsCounted) {
  begin();
  host->on_publish([](const auto&) { return trellis::Status::too_large; });
  tell(true, "c", "s", 1);
  EXPECT_EQ(host->metric("trellis_system_events_total", "outcome=\"refused\""), 1);
}

TEST(SystemEventsSettings, AreJudged) {
  TestHost host;
  EXPECT_THAT(host.refusal<SystemEvents>(R"({"prefix": "events"})"),
              HasSubstr("/prefix: expected a topic that begins with '$' and ends without '/', found \"events\""));
  EXPECT_THAT(host.refusal<SystemEvents>(R"({"namespace": "nowhere"})"),
              HasSubstr("/namespace: there is no namespace"));
  EXPECT_EQ(host.refusal<SystemEvents>(R"({"namespace": "nowhere", "watches": []})"), "");
}

}  // namespace
}  // namespace system_events
