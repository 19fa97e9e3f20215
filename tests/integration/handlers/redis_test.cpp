// Events in streams of a real Redis that is killed, stopped, and asked for a password.
#include <gmock/gmock.h>

#include <sstream>

#include "peer_program.hpp"
#include "support/command.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

class RedisDelivery : public DeliveredSite {
 protected:
  void start_redis() {
    const std::uint16_t port = free_port();
    redis_ = std::make_unique<PeerProgram>(
        std::vector<std::string>{"redis-server", "--port", std::to_string(port), "--bind", "127.0.0.1", "--dir",
                                 peer_folder_.path(), "--appendonly", "yes", "--appendfsync", "always", "--save", ""},
        port);
    redis_->start();
  }
  std::string destination(const std::string& more = {}) const {
    return R"({"endpointType": "Redis", "properties": {"host": "127.0.0.1", "port": )" +
           std::to_string(redis_->port()) + R"(, "stream": "orders", "maxEventsPerBatch": 100)" + more + "}}";
  }
  std::string cli(const std::vector<std::string>& words) const {
    std::vector<std::string> command = {"redis-cli", "-p", std::to_string(redis_->port()), "--raw"};
    command.insert(command.end(), words.begin(), words.end());
    return run_command(command).out;
  }
  std::vector<Arrived> arrived() const {
    std::vector<Arrived> all;
    std::istringstream lines(cli({"XRANGE", "orders", "-", "+"}));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("{")) all.push_back(arrived_in(line));
    }
    return all;
  }
  bool said(const std::string& text) {
    return eventually([&] { return broker().output().find(text) != std::string::npos; });
  }

  TemporaryDirectory peer_folder_;
  std::unique_ptr<PeerProgram> redis_;
};

TEST_F(RedisDelivery, NothingIsLostWhileRedisComesAndGoes) {
  start_redis();
  deliver_to(R"("handler-redis": {},)", destination());
  publish(3000);
  redis_->end(SIGKILL);
  publish(2000);
  redis_->start();
  publish(2000);
  redis_->end(SIGTERM);
  publish(2000);
  redis_->start();
  publish(kEvents - published());
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(in_order(arrived()), kEvents);
  EXPECT_EQ(refused(), 0);
}

TEST_F(RedisDelivery, Throughput) {
  start_redis();
  measure("redis", R"("handler-redis": {},)", destination());
}

TEST_F(RedisDelivery, WithAKeyTheOrderStays) {
  start_redis();
  deliver_to(R"("handler-redis": {},)", destination(), R"("orderBy": "subject")");
  publish(1000);
  redis_->end(SIGKILL);
  redis_->start();
  publish(1000);
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(arrived(), 2000);
}

TEST_F(RedisDelivery, ABrokerThatIsKilledLosesNothingItTook) {
  start_redis();
  deliver_to(R"("handler-redis": {},)", destination());
  publish(3000);
  broker().start_again(SIGKILL);
  ASSERT_TRUE(eventually(
      [&] {
        return std::stoul(cli({"XLEN", "orders"})) >= 3000;
      },
      std::chrono::seconds(60)))
      << broker().output();
  ASSERT_TRUE(eventually([&] { return metrics().sum("trellis_handler_redis_in_flight") == 0; }));
  expect_complete(in_order(arrived()), 3000);
}

TEST_F(RedisDelivery, AWrongPasswordIsSaidAndEventsWaitForTheRightOne) {
  start_redis();
  cli({"ACL", "SETUSER", "broker", "on", ">sesame", "~orders", "+xadd", "+select"});
  deliver_to(R"("handler-redis": {},)", destination(R"(, "user": "broker", "password": "mellon")"));
  publish(10);
  ASSERT_TRUE(said("does not take the user and password (WRONGPASS)")) << broker().output();
  EXPECT_EQ(broker().output().find("mellon"), std::string::npos);
  EXPECT_EQ(refused(), 0);
  deliver_elsewhere(destination(R"(, "user": "broker", "password": "sesame", "mode": "binary")"));
  ASSERT_TRUE(all_delivered()) << broker().output();
  EXPECT_THAT(cli({"XRANGE", "orders", "-", "+", "COUNT", "1"}), HasSubstr("data\n{\"number\":0}"));
}

}  // namespace
}  // namespace trellis::testing
