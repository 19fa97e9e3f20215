// Events at a real Mosquitto that is killed, stopped, and asked for a password.
#include <gmock/gmock.h>

#include <sstream>

#include "peer_program.hpp"
#include "support/command.hpp"

namespace trellis::testing {
namespace {

class MosquittoDelivery : public DeliveredSite {
 protected:
  void start_mosquitto(const std::string& more = "allow_anonymous true\n") {
    const std::uint16_t port = free_port();
    const std::string file = peer_folder_.write(
        "mosquitto.conf", "listener " + std::to_string(port) + " 127.0.0.1\nuser root\npersistence true\n" +
                              "persistence_location " + peer_folder_.path() +
                              "/\nset_tcp_nodelay true\nmax_queued_messages 0\nmax_inflight_messages 1000\n" + more);
    mosquitto_ = std::make_unique<PeerProgram>(std::vector<std::string>{"mosquitto", "-c", file}, port);
    mosquitto_->start();
    // A session that outlives everything: what is published waits there.
    read({"-E"});
  }
  std::string read(const std::vector<std::string>& more, const std::vector<std::string>& who = {}) const {
    std::vector<std::string> command = {"mosquitto_sub",
                                        "-h",
                                        "127.0.0.1",
                                        "-p",
                                        std::to_string(mosquitto_->port()),
                                        "-V",
                                        "mqttv311",
                                        "-c",
                                        "-i",
                                        "reader",
                                        "-q",
                                        "2",
                                        "-t",
                                        "orders/#"};
    command.insert(command.end(), who.begin(), who.end());
    command.insert(command.end(), more.begin(), more.end());
    return run_command(command).out;
  }
  /// What waits in the session, until a reader of two seconds gets nothing more.
  std::vector<Arrived> arrived() const {
    std::vector<Arrived> all;
    for (std::string text = read({"-W", "2"}); !text.empty(); text = read({"-W", "2"})) {
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) all.push_back(arrived_in(line));
    }
    return all;
  }
  std::string destination(const std::string& more = {}) const {
    return R"({"endpointType": "Mqtt", "properties": {"host": "127.0.0.1", "port": )" +
           std::to_string(mosquitto_->port()) + R"(, "topic": "orders/{type}", "maxEventsPerBatch": 100)" + more + "}}";
  }
  bool said(const std::string& text) {
    return eventually([&] { return broker().output().find(text) != std::string::npos; });
  }

  TemporaryDirectory peer_folder_;
  std::unique_ptr<PeerProgram> mosquitto_;
};

// Mosquitto writes what it acknowledged when it ends in order, so it is killed only where it has nothing new.
TEST_F(MosquittoDelivery, NothingIsLostWhileMosquittoComesAndGoes) {
  start_mosquitto();
  deliver_to(R"("handler-mqtt": {},)", destination());
  publish(3000);
  mosquitto_->end(SIGTERM);
  publish(2000);
  mosquitto_->start();
  ASSERT_TRUE(all_delivered()) << broker().output();
  mosquitto_->end(SIGTERM);
  mosquitto_->start();
  mosquitto_->end(SIGKILL);
  publish(3000);
  mosquitto_->start();
  publish(kEvents - published());
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(in_order(arrived()), kEvents);
  EXPECT_EQ(refused(), 0);
}

TEST_F(MosquittoDelivery, Throughput) {
  start_mosquitto();
  measure("mqtt (QoS 1)", R"("handler-mqtt": {},)", destination());
}

TEST_F(MosquittoDelivery, WithAKeyTheOrderStays) {
  start_mosquitto();
  deliver_to(R"("handler-mqtt": {},)", destination(R"(, "qos": 2)"), R"("orderBy": "subject")");
  publish(1000);
  mosquitto_->end(SIGTERM);
  mosquitto_->start();
  publish(1000);
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(arrived(), 2000);
}

TEST_F(MosquittoDelivery, ABrokerThatIsKilledLosesNothingItTook) {
  start_mosquitto();
  deliver_to(R"("handler-mqtt": {},)", destination(R"(, "version": "3.1.1")"));
  publish(3000);
  const double before = delivered();
  broker().start_again(SIGKILL);
  ASSERT_TRUE(eventually([&] { return delivered() + before >= 3000; }, std::chrono::seconds(60))) << broker().output();
  ASSERT_TRUE(eventually([&] {
    return metrics().sum("trellis_handler_mqtt_in_flight") + metrics().sum("trellis_handler_mqtt_waiting") == 0;
  }));
  expect_complete(in_order(arrived()), 3000);
}

TEST_F(MosquittoDelivery, AWrongPasswordIsSaidAndEventsWaitForTheRightOne) {
  const std::string passwords = peer_folder_.path() + "/passwords";
  ASSERT_EQ(run_command({"mosquitto_passwd", "-c", "-b", passwords, "broker", "sesame"}).code, 0);
  start_mosquitto("allow_anonymous false\npassword_file " + passwords + "\n");
  const std::vector<std::string> who = {"-u", "broker", "-P", "sesame"};
  read({"-E"}, who);
  deliver_to(R"("handler-mqtt": {},)", destination(R"(, "user": "broker", "password": "mellon")"));
  publish(10);
  ASSERT_TRUE(said("code 0x87")) << broker().output();
  EXPECT_EQ(broker().output().find("mellon"), std::string::npos);
  EXPECT_EQ(refused(), 0);
  deliver_elsewhere(destination(R"(, "user": "broker", "password": "sesame", "mode": "binary")"));
  ASSERT_TRUE(all_delivered()) << broker().output();
  EXPECT_EQ(read({"-C", "10"}, who).substr(0, 24), "{\"number\":0}\n{\"number\":1");
}

}  // namespace
}  // namespace trellis::testing
