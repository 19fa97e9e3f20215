// Events that scripts send to topics of service-events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trellis/config.hpp>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>

#include "common/event_sink/event_sink.hpp"
#include "common/lua_script/tests/folder.hpp"
#include "stage_lua.hpp"

namespace lua::testing {
namespace {

using ::testing::HasSubstr;
using trellis::testing::TestHost;
using namespace std::chrono_literals;

/// In place of service-events: takes all, and answers what it is told to.
class Taker final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-taker", .version = "1.0.0"};
  struct Taken {
    std::string name_space;
    std::string topic;
    std::string event;
  };
  struct ShardState {
    ShardState(Taker&, trellis::Shard&) {}
  };

  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text({}, 204); }
  const void* table(std::string_view id) override {
    static constexpr common::EventSink kTable{
        sizeof(common::EventSink), [](void* shard, const common::EventSinkRequest* request) {
          auto& mine = *static_cast<Taker*>(static_cast<trellis::Plugin*>(trellis::glue::shard(shard).plugin()));
          ASSERT_EQ(request->count, 1U);
          mine.taken.push_back({std::string(trellis::text(request->name_space)),
                                std::string(trellis::text(request->topic)),
                                std::string(trellis::text(request->events[0]))});
          request->done(request->user, &mine.outcome, 1);
        }};
    return id == trellis::kTableId<common::EventSink> ? &kTable : Service::table(id);
  }

  std::vector<Taken> taken;
  std::uint32_t outcome = common::kSinkKept;
};

class SentEvents : public ScriptFolder {
 protected:
  trellis::testing::StageDriver load(const std::string& script, const std::string& more = "") {
    write("rule.lua", script);
    taker_ = &host_.load<Taker>("{}").as<Taker>();
    return host_.load<StageLua>(settings(more));
  }
  std::int64_t count(const std::string& result) {
    return host_.metric("trellis_lua_published_events_total", kLabel + (",result=\"" + result + "\""));
  }

  TestHost host_;
  Taker* taker_ = nullptr;
};

TEST_F(SentEvents, GoToTheirTopicWithWhatWasMissing) {
  auto stage = load(R"(function on_publish(message)
    publish_event('orders', {type = 'order.late', source = '/desk', subject = message.topic, data = {hours = 2}}) end)");
  stage.publish("a/b");
  EXPECT_TRUE(taker_->taken.empty()) << "not within the call";
  host_.advance(1ms);
  ASSERT_EQ(taker_->taken.size(), 1U);
  EXPECT_EQ(taker_->taken[0].name_space, "default");
  EXPECT_EQ(taker_->taken[0].topic, "orders");
  const auto event = trellis::Config::parse(taker_->taken[0].event).value();
  EXPECT_EQ(event.text("specversion"), "1.0");
  EXPECT_EQ(event.text("type"), "order.late");
  EXPECT_EQ(event.text("subject"), "a/b");
  EXPECT_EQ(event.text("id").size(), 32U);
  EXPECT_THAT(event.text("time"), ::testing::EndsWith("Z"));
  EXPECT_EQ(event.object("data").integer("hours"), 2);
  EXPECT_EQ(count("sent"), 1);
}

TEST_F(SentEvents, KeepWhatTheScriptSays) {
  auto stage = load(R"(function on_publish()
    publish_event('orders', {specversion = '1.0', id = '7', type = 't', source = '/s', time = '2026-01-02T03:04:05Z',
                             room = 'b'}) end)");
  stage.publish("a");
  host_.advance(1ms);
  ASSERT_EQ(taker_->taken.size(), 1U);
  const auto event = trellis::Config::parse(taker_->taken[0].event).value();
  EXPECT_EQ(event.text("id"), "7");
  EXPECT_EQ(event.text("time"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(event.text("room"), "b");
}

TEST_F(SentEvents, ThatAreNoneAreErrors) {
  auto stage = load(R"(local made = {
      untyped = function() publish_event('orders', {source = '/s'}) end,
      named = function() publish_event('orders', {type = 't', source = '/s', ['Bad Name'] = 'x'}) end,
      list = function() publish_event('orders', {'a'}) end,
      text = function() publish_event('orders', 'a') end,
      closure = function() publish_event('orders', {type = 't', source = '/s', data = print}) end,
      long = function() publish_event(('x'):rep(51), {type = 't', source = '/s'}) end,
      elsewhere = function() publish_event('orders', {type = 't', source = '/s'}, 'moon') end,
      many = function() for i = 1, 65 do publish_event('orders', {type = 't', source = '/s'}) end end}
    function on_publish(message) made[message.topic]() end)");
  for (const auto& [topic, what] : {std::pair{"untyped", "publish_event: the event: attribute 'type': found none"},
                                    {"named", R"(attribute "Bad Name": expected a name)"},
                                    {"list", "an event is a table with texts as keys"},
                                    {"text", "bad argument #2 to 'publish_event' (table expected"},
                                    {"closure", "a function has no form in JSON"},
                                    {"long", "expected the name of a topic, at most 50 bytes"},
                                    {"elsewhere", "a namespace may be named in on_timer alone"},
                                    {"many", "more than 64 messages in one call"}}) {
    stage.publish(topic);
    EXPECT_TRUE(host_.logged(what)) << what;
    host_.advance(2s);
  }
  EXPECT_EQ(taker_->taken.size(), 64U) << "what was said before the error stays said";
}

TEST_F(SentEvents, ThatAreLostAreCountedAndLogged) {
  auto stage = load("function on_publish() publish_event('gone', {type = 't', source = '/s'}) end");
  taker_->outcome = common::kSinkNoTopic;
  stage.publish("a");
  host_.advance(1ms);
  EXPECT_EQ(count("refused"), 1);
  EXPECT_TRUE(host_.logged("an event of a script is lost"));
  EXPECT_TRUE(host_.logged("there is no such topic"));
}

TEST_F(SentEvents, NeedSomebodyWhoTakesThem) {
  write("rule.lua", "function on_publish() publish_event('orders', {type = 't', source = '/s'}) end");
  auto stage = host_.load<StageLua>(settings());
  stage.publish("a");
  host_.advance(1ms);
  EXPECT_EQ(count("refused"), 1);
  EXPECT_TRUE(host_.logged("no service-events runs"));
}

TEST_F(SentEvents, OfTimersNameTheNamespaceWhereThereAreSeveral) {
  host_.name_space("moon");
  load(R"(function on_timer() publish_event('orders', {type = 't', source = '/s'}, 'moon')
    publish_event('orders', {type = 't', source = '/s'}) end)",
       R"("timer": "1s")");
  host_.advance(1s);
  host_.advance(1ms);
  ASSERT_EQ(taker_->taken.size(), 1U);
  EXPECT_EQ(taker_->taken[0].name_space, "moon");
  EXPECT_TRUE(host_.logged("there are several namespaces; name one"));
}

}  // namespace
}  // namespace lua::testing
