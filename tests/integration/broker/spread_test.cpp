// Few clients have the work of all shards, wherever the system lets them in.
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Spread : public SiteTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override {
    start({.shards = GetParam(), .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                            "services": {"/healthz": "service-metrics"}},)"});
  }
  static Connect persistent(const std::string& id) {
    return {.client_id = id, .clean = false, .properties = Properties().add(Prop::session_expiry, 3600)};
  }
  /// Whether each shard has so many connections, those of the test's own look at the metrics aside.
  bool each_shard_has(double count) {
    return eventually([&] {
      const Metrics now = metrics();
      double surplus = 0;
      for (unsigned shard = 0; shard < GetParam(); ++shard) {
        const double here = now.sum("trellis_shard_connections", "shard=\"" + std::to_string(shard) + '"');
        if (here < count) return false;
        surplus += here - count;
      }
      return surplus <= 1;
    });
  }
};

TEST_P(Spread, ClientsOfBothKindsAreOnAllShards) {
  std::vector<RawClient> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(connected());
  EXPECT_TRUE(each_shard_has(4.0 / GetParam()));
  std::vector<HttpClient> browsers;
  for (int i = 0; i < 4; ++i) {
    browsers.emplace_back(broker().port("web"));
    EXPECT_EQ(browsers.back().get("/healthz").status, 200);
  }
  EXPECT_TRUE(each_shard_has(8.0 / GetParam()));
}

TEST_P(Spread, TakenOverSessionsStayWhereTheyAre) {
  const auto id = unique();
  auto first = open(Version::v5);
  first.connect(persistent(id));
  first.subscribe({{.filter = id, .qos = 1}});
  for (int i = 0; i < 6; ++i) {
    auto next = open(Version::v5);
    EXPECT_EQ(next.connect(persistent(id)).session_present, true);
    first.expect_disconnect({0x8E});
    first = std::move(next);
  }
  auto publisher = connected();
  publisher.publish({.topic = id, .payload = "still", .qos = 1});
  first.acknowledge(first.expect_publish("still"));
}

TEST_P(Spread, SessionsOutliveTheirConnectionsWhereverTheyComeBack) {
  const auto id = unique();
  auto first = open(Version::v5);
  first.connect(persistent(id));
  first.subscribe({{.filter = id, .qos = 1}});
  first.disconnect();
  auto publisher = connected();
  for (int i = 0; i < 6; ++i) {
    publisher.publish({.topic = id, .payload = std::to_string(i), .qos = 1});
    auto again = open(Version::v5);
    EXPECT_EQ(again.connect(persistent(id)).session_present, true);
    again.acknowledge(again.expect_publish(std::to_string(i)));
    again.disconnect();
  }
}

INSTANTIATE_TEST_SUITE_P(OfShards, Spread, ::testing::Values(2U, 4U));

}  // namespace
}  // namespace trellis::testing
