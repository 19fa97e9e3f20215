// Listeners: limits of each, apart from the others.
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Listeners : public SiteTest {};

TEST_F(Listeners, EachHasItsOwnLimitOfConnections) {
  start({.shards = 2,
         .listener = R"("connections": 2)",
         .listeners = R"({"name": "wide", "address": "127.0.0.1:0", "protocol": "transport-mqtt"},)"});
  auto one = connected();
  auto two = connected();
  auto surplus = open();
  surplus.expect_closed();
  expect_metric("trellis_connections_refused_total", R"(reason="listener_limit")", 1);
  std::vector<RawClient> wide;
  for (int i = 0; i < 5; ++i) {
    wide.emplace_back(broker().port("wide"));
    wide.back().connect({.client_id = unique("wide" + std::to_string(i))});
  }
  one.disconnect();
  EXPECT_TRUE(eventually([&] {
    auto next = open();
    next.send_connect({.client_id = unique("next")});
    const auto answer = next.receive();
    return answer && answer->reason == 0;
  })) << "the place that became free is not given away";
  two.expect_nothing();
}

TEST_F(Listeners, LimitHoldsForAllShardsTogether) {
  start({.shards = 4, .listener = R"("connections": 5)"});
  std::vector<RawClient> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connected());
  for (int i = 0; i < 10; ++i) open().expect_closed();
  for (auto& client : clients) client.expect_nothing();
}

TEST_F(Listeners, AllTogetherHaveALimitToo) {
  const std::string wide = R"({"name": "wide", "address": "127.0.0.1:0", "protocol": "transport-mqtt"},)";
  start({.shards = 4, .limits = R"("connections": 5)", .listeners = wide});
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(connected());
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back(broker().port("wide"));
    clients.back().connect({.client_id = unique("wide" + std::to_string(i))});
  }
  open().expect_closed();
  RawClient(broker().port("wide")).expect_closed();
  for (auto& client : clients) client.expect_nothing();
  clients.front().disconnect();
  EXPECT_TRUE(eventually([&] {
    RawClient next(broker().port("wide"));
    next.send_connect({.client_id = unique("next")});
    const auto answer = next.receive();
    return answer && answer->reason == 0;
  })) << "the place that became free is not given away";
  EXPECT_TRUE(reload({.shards = 4, .listeners = wide}));
  for (int i = 0; i < 5; ++i) clients.push_back(connected());
  EXPECT_GE(metrics().sum("trellis_connections_refused_total", R"(reason="process_limit")"), 2);
  expect_metric("trellis_connections_refused_total", R"(reason="listener_limit")", 0);
}

TEST_F(Listeners, NamespacesAreSeparateWorlds) {
  auto config = Site{.listeners = R"({"name": "other", "address": "127.0.0.1:0", "protocol": "transport-mqtt",
                                      "namespace": "other"},)"}
                    .config();
  const std::string spaces = R"("namespaces": {)";
  config.insert(config.find(spaces) + spaces.size(), R"("other": {"authenticators": ["authenticator-anonymous"],
      "authorizers": ["authorizer-allow-all"], "plugins": {"transport-mqtt": {"maximum_qos": 1}}},)");
  start({.listeners = R"({"name": "other", "address": "127.0.0.1:0", "protocol": "transport-mqtt"},)"});
  const auto worlds = Broker::with_config(config);
  RawClient here(worlds->port());
  here.connect({.client_id = "same"});
  here.subscribe({{.filter = "#"}});
  RawClient there(worlds->port("other"));
  EXPECT_EQ(there.connect({.client_id = "same"}).properties.number(Prop::maximum_qos), 1u);
  EXPECT_EQ(there.publish({.topic = "t", .payload = "x", .qos = 1})->reason, 0x10);
  here.expect_nothing();
}

TEST_F(Listeners, ListenOnIpv6Too) {
  start({.listeners = R"({"name": "six", "address": "[::1]:0", "protocol": "transport-mqtt"},)"});
  EXPECT_NE(broker().output().find("listening six [::1]:"), std::string::npos) << broker().output();
}

}  // namespace
}  // namespace trellis::testing
