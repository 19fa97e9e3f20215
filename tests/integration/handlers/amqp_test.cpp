// Events that handler-amqp delivers to a RabbitMQ that comes and goes, from a broker that does the same.
#include <gmock/gmock.h>
#include <json/json.h>

#include <chrono>
#include <memory>
#include <set>
#include <sstream>

#include "delivered_site.hpp"
#include "rabbitmq.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DeliveredByAmqp : public DeliveredSite {
 protected:
  static std::string handler() { return R"("handler-amqp": {"config": {"backoff_max": "500ms"}},)"; }
  std::string destination(const std::string& password = "secret", const std::string& more = {}) const {
    return R"({"endpointType": "Amqp", "properties": {"host": "127.0.0.1", "port": )" + std::to_string(peer_.port()) +
           R"(, "tls": false, "address": ")" + queue_ + R"(", "sasl": {"username": "trellis", "password": ")" +
           password + "\"}" + more + "}}";
  }
  void deliver(const std::string& more = R"(, "maxEventsPerBatch": 100)", const std::string& push = {}) {
    deliver_to(handler(), destination("secret", more), push);
  }
  /// Takes what the queue has until that many different events came, or nothing came for a while. Whether they did.
  bool arrive(std::size_t count) {
    std::set<std::size_t> numbers;
    for (const Arrived& one : all_) numbers.insert(one.number);
    AmqpReader reader(peer_.port(), queue_);
    while (numbers.size() < count) {
      const auto messages = reader.take(count - numbers.size(), std::chrono::seconds(3));
      if (messages.empty()) break;
      for (const auto& message : messages) {
        Json::Value event;
        std::istringstream(message.body) >> event;
        EXPECT_EQ(message.id, event["id"].asString());
        all_.push_back({std::stoul(message.id), event["subject"].asString()});
        numbers.insert(all_.back().number);
      }
    }
    return numbers.size() == count;
  }

  static void SetUpTestSuite() {
    folder = std::make_unique<TemporaryDirectory>();
    shared = std::make_unique<RabbitMq>(*folder, RabbitMq::Ports{free_port(), free_port(), free_port()});
  }
  static void TearDownTestSuite() {
    shared.reset();
    folder.reset();
  }
  // One for all tests, for it is slow to start; each has a queue of its own.
  inline static std::unique_ptr<TemporaryDirectory> folder;
  inline static std::unique_ptr<RabbitMq> shared;

  RabbitMq& peer_ = *shared;
  const std::string queue_ = std::string("/queue/") + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::vector<Arrived> all_;
};

TEST_F(DeliveredByAmqp, NothingIsLostWhileThePeerComesAndGoes) {
  deliver();
  publish(2000);
  // The peer has taken some of it, and has more under way, whenever it ends.
  ASSERT_TRUE(eventually([&] { return delivered() >= 500; })) << broker().output();
  publish(1000);
  peer_.kill();
  publish(2000);
  peer_.start();
  ASSERT_TRUE(eventually([&] { return delivered() >= 4000; })) << broker().output();
  publish(1000);
  peer_.leave();
  publish(3000);
  peer_.come_back();
  publish(1000);
  ASSERT_TRUE(all_delivered()) << broker().output();
  EXPECT_EQ(refused(), 0);
  EXPECT_TRUE(arrive(kEvents));
}

TEST_F(DeliveredByAmqp, EventsOfOneSubjectKeepTheirOrderAndABrokerMayBeKilled) {
  deliver("", R"("orderBy": "subject", "maxParallelDeliveries": 100)");
  publish(1000);
  ASSERT_TRUE(all_delivered()) << broker().output();
  publish(500);
  broker().start_again(SIGKILL);
  publish(500);
  EXPECT_TRUE(eventually([&] { return arrive(2000); }, std::chrono::seconds(30))) << broker().output();
  expect_complete(all_, 2000);
}

TEST_F(DeliveredByAmqp, WrongCredentialsAreSaidAndNothingIsLost) {
  deliver_to(handler(), destination("SECRET-1"));
  publish(10);
  // RabbitMQ takes its time with such an answer.
  EXPECT_TRUE(eventually([&] { return broker().output().find("does not consent") != std::string::npos; }))
      << broker().output();
  EXPECT_THAT(broker().output(), HasSubstr("amqp:unauthorized-access"));
  EXPECT_THAT(broker().output(), Not(HasSubstr("SECRET-1")));
  deliver_elsewhere(destination());
  ASSERT_TRUE(all_delivered()) << broker().output();
  EXPECT_TRUE(arrive(10));
  expect_complete(all_, 10);
}

TEST_F(DeliveredByAmqp, Throughput) {
  measure("amqp (RabbitMQ)", handler(), destination("secret", R"(, "maxEventsPerBatch": 100)"));
}

}  // namespace
}  // namespace trellis::testing
