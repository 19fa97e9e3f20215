// The audit log: who asked, with what, and how often.
#include "audit.hpp"

#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kKey = "a2V5LW9mLXRoZS11bml0LXRlc3Rz";

class AuditTest : public ::testing::Test {
 protected:
  void start(std::string_view settings, std::uint32_t shards = 1) {
    host_.emplace(trellis::testing::TestHostOptions{.shards = shards});
    service_.emplace(host_->load<Events>(settings));
    ASSERT_EQ(host_->put_resource("topics", "orders", "{}"), "");
    ASSERT_EQ(host_->put_resource("eventSubscriptions", "orders/audit", "{}"), "");
    ASSERT_EQ(host_->put_resource("accessKeys", "key1", R"({"key":")" + std::string(kKey) + R"("})"), "");
    host_->turn();
  }
  std::uint32_t publish(const std::string& peer, const std::string& tls = "TLSv1.3", std::string_view key = kKey,
                        std::string_view body = EventsBench::event("a"), std::uint32_t shard = 0) {
    RequestSample request{.method = "POST", .path = "/topics/orders:publish", .query = "api-version=2024-06-01"};
    request.headers = {{"content-type", "application/cloudevents+json"}, {"aeg-sas-key", std::string(key)}};
    if (key.empty()) request.headers.pop_back();
    request.body = body;
    request.peer = peer;
    request.tls_version = tls;
    const auto watch = service_->request(request, shard);
    host_->turn();
    return watch.status();
  }
  /// Those since the last look, without the names of their fields.
  std::vector<std::string> lines() {
    std::vector<std::string> found;
    const auto all = host_->logs();
    for (; seen_ < all.size(); ++seen_) {
      const auto& line = all[seen_];
      if (line.text != "requests of the event API") continue;
      std::string text;
      for (const std::string_view field : {"namespace", "network_access", "client_address", "tls_version",
                                           "authentication_type", "operation_result", "total_operations"})
        text += (text.empty() ? "" : " ") + line.field(field);
      found.push_back(text);
    }
    return found;
  }

  std::optional<trellis::testing::TestHost> host_;
  std::optional<trellis::testing::ServiceDriver> service_;
  std::size_t seen_ = 0;
};

TEST_F(AuditTest, ALineAMinuteForEachCombination) {
  start(R"({"audit": {}})");
  for (int i = 0; i < 3; ++i) publish("203.0.113.7:" + std::to_string(5000 + i));
  publish("203.0.113.7:6000", "TLSv1.2");
  publish("203.0.113.7:6000", "TLSv1.2", "d3JvbmcgYnV0IGxvbmcgZW5vdWdo");
  publish("[2001:db8::5]:70", "", "");
  publish("10.1.2.3:70", "TLSv1.3", kKey, "{");
  EXPECT_THAT(lines(), IsEmpty());
  host_->advance(seconds(61));
  EXPECT_THAT(lines(), UnorderedElementsAre("default public 203.0.113.7 TLSv1.3 Key Success 3",
                                            "default public 203.0.113.7 TLSv1.2 Key Success 1",
                                            "default public 203.0.113.7 TLSv1.2 Key Unauthorized 1",
                                            "default public 2001:db8::5 none Unknown Unauthorized 1",
                                            "default private 10.1.2.3 TLSv1.3 Key BadRequest 1"));
  host_->advance(seconds(61));
  EXPECT_THAT(lines(), IsEmpty()) << "nobody asked";
  publish("127.0.0.1:9");
  host_->advance(seconds(61));
  EXPECT_THAT(lines(), ElementsAre("default loopback 127.0.0.1 TLSv1.3 Key Success 1"));
}

TEST_F(AuditTest, WhatIsBeyondTheMostCombinationsIsCountedTogether) {
  start(R"({"audit": {"combinations": 2, "interval": "10s"}})");
  for (int i = 0; i < 5; ++i) publish("203.0.113." + std::to_string(i) + ":1");
  publish("203.0.113.0:2");
  publish("203.0.113.9:2", "", "");
  host_->advance(seconds(11));
  EXPECT_THAT(lines(), UnorderedElementsAre("default public 203.0.113.0 TLSv1.3 Key Success 2",
                                            "default public 203.0.113.1 TLSv1.3 Key Success 1", "other   Success 3",
                                            "other   Unauthorized 1"));
  publish("203.0.113.9:2");
  host_->advance(seconds(11));
  EXPECT_THAT(lines(), SizeIs(1)) << "there is room again";
}

TEST_F(AuditTest, RequestsAreCountedOnTheShardThatWasAsked) {
  start(R"({"audit": {}})", 3);
  for (std::uint32_t shard = 0; shard < 3; ++shard)
    EXPECT_EQ(publish("10.0.0.1:1", "", kKey, EventsBench::event("a"), shard), 200u);
  host_->advance(seconds(61));
  const std::string line = "default private 10.0.0.1 none Key Success 1";
  EXPECT_THAT(lines(), ElementsAre(line, line, line));
}

TEST_F(AuditTest, IsOffUnlessAskedFor) {
  start("{}");
  publish("10.0.0.1:1");
  host_->advance(seconds(61));
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(AuditTest, WritesWhatIsLeftWhenThePluginGoes) {
  start(R"({"audit": {}})");
  publish("10.0.0.1:1");
  service_->instance().drain(seconds(1));
  host_->turn();
  EXPECT_THAT(lines(), SizeIs(1));
}

TEST(Networks, AreToldByTheirAddresses) {
  const auto network = [](std::string_view text) {
    const auto address = trellis::ip_address(text);
    return address ? network_of(*address) : "no address";
  };
  for (const std::string_view text : {"127.0.0.1", "127.9.9.9", "::1"}) EXPECT_EQ(network(text), "loopback") << text;
  for (const std::string_view text : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
                                      "169.254.1.1", "fc00::1", "fd12::1", "fe80::1"})
    EXPECT_EQ(network(text), "private") << text;
  for (const std::string_view text : {"172.32.0.1", "172.15.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8",
                                      "2001:db8::1", "fec0::1", "::ffff:8.8.8.8"})
    EXPECT_EQ(network(text), "public") << text;
  EXPECT_EQ(network_of(trellis::IpAddress{}), "local");
}

}  // namespace
}  // namespace events_service::testing
