// Events that handler-kafka writes to a cluster that comes and goes, from a broker that does the same.
#include <gmock/gmock.h>
#include <json/json.h>

#include <chrono>
#include <csignal>
#include <set>
#include <sstream>

#include "delivered_site.hpp"
#include "plugins/handler-kafka/tests/fake_server.hpp"
#include "plugins/handler-kafka/tests/mock_cluster.hpp"

namespace trellis::testing {
namespace {

using kafka::testing::MockCluster;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class DeliveredToKafka : public DeliveredSite {
 protected:
  DeliveredToKafka() { cluster_.topic("orders"); }

  static std::string handler() {
    return R"("handler-kafka": {"config": {"allow": ["127.0.0.0/8"], "reconnect_max": "500ms"}},)";
  }
  static std::string destination(const std::string& servers, const std::string& more = {}) {
    return R"({"endpointType": "Kafka", "properties": {"bootstrapServers": ")" + servers +
           R"(", "topic": "orders", "tls": false)" + more + "}}";
  }
  void deliver(const std::string& more = R"(, "maxEventsPerBatch": 100)", const std::string& push = {}) {
    deliver_to(handler(), destination(cluster_.servers(), more), push);
  }
  /// What the cluster has, as long as something comes.
  std::vector<Arrived> arrived(std::size_t wanted) const {
    std::vector<Arrived> all;
    for (const auto& record : cluster_.read("orders", wanted, std::chrono::seconds(2))) {
      Json::Value event;
      std::istringstream(record.value) >> event;
      EXPECT_EQ(record.key, event["subject"].asString());
      all.push_back({std::stoul(event["id"].asString()), event["subject"].asString()});
    }
    return all;
  }
  std::size_t different() const {
    std::set<std::size_t> numbers;
    for (const Arrived& one : arrived(SIZE_MAX)) numbers.insert(one.number);
    return numbers.size();
  }

  const MockCluster cluster_{3};
};

TEST_F(DeliveredToKafka, NothingIsLostWhileTheClusterComesAndGoes) {
  deliver();
  publish(2000);
  for (int times = 0; times < 2; ++times) {
    cluster_.stop();
    publish(3000);
    cluster_.start();
    publish(1000);
  }
  ASSERT_TRUE(all_delivered()) << broker().output();
  EXPECT_EQ(refused(), 0);
  expect_complete(arrived(SIZE_MAX), kEvents);
}

TEST_F(DeliveredToKafka, EventsOfOneSubjectKeepTheirOrder) {
  deliver("", R"("orderBy": "subject", "maxParallelDeliveries": 100)");
  publish(500);
  cluster_.stop();
  publish(500);
  cluster_.start();
  publish(1000);
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(arrived(SIZE_MAX), 2000);
}

TEST_F(DeliveredToKafka, NothingThatWasAcceptedIsLostWhenTheBrokerIsKilled) {
  deliver();
  publish(3000);
  broker().start_again(SIGKILL);
  publish(1000);
  broker().start_again(SIGKILL);
  publish(1000);
  EXPECT_TRUE(eventually([&] { return different() == 5000; }, std::chrono::seconds(30))) << broker().output();
}

TEST_F(DeliveredToKafka, Throughput) {
  measure("kafka", handler(), destination(cluster_.servers(), R"(, "maxEventsPerBatch": 100)"));
}

TEST_F(DeliveredToKafka, WrongCredentialsAreSaidAndNothingIsLost) {
  const kafka::testing::FakeServer server;
  deliver_to(handler(), destination(server.address(),
                                    R"(, "sasl": {"mechanism": "PLAIN", "username": "ada", "password": "SECRET-1"})"));
  publish(10);
  EXPECT_TRUE(eventually([&] {
    return metrics().sum("trellis_handler_kafka_failures_total", R"(cause="unauthorized")") >= 10;
  })) << broker().output();
  EXPECT_THAT(broker().output(), HasSubstr("who are you"));
  EXPECT_THAT(broker().output(), Not(HasSubstr("SECRET-1")));
  // The right ones, by a reload. What was refused comes again 5 minutes later.
  deliver_elsewhere(destination(cluster_.servers()));
  publish(5);
  ASSERT_TRUE(eventually([&] { return delivered() >= 5; })) << broker().output();
  std::set<std::size_t> numbers;
  for (const Arrived& one : arrived(5)) numbers.insert(one.number);
  EXPECT_THAT(numbers, ElementsAre(10, 11, 12, 13, 14));
  EXPECT_EQ(refused(), 0);
  EXPECT_EQ(metrics().sum("trellis_queue_messages"), 10);
}

}  // namespace
}  // namespace trellis::testing
