// Events at a real Mosquitto that is killed, stopped, and asked for a password.
#include <gmock/gmock.h>

#include <set>

#include "peer_program.hpp"
#include "support/command.hpp"
#include "support/raw_client.hpp"

namespace trellis::testing {
namespace {

class MosquittoDelivery : public DeliveredSite {
 protected:
  void start_mosquitto(const std::string& more = "allow_anonymous true\n", const std::string& password = "") {
    const std::uint16_t port = free_port();
    const std::string file = peer_folder_.write(
        "mosquitto.conf", "listener " + std::to_string(port) + " 127.0.0.1\nuser root\npersistence true\n" +
                              "persistence_location " + peer_folder_.path() +
                              "/\nset_tcp_nodelay true\nmax_queued_messages 0\nmax_inflight_messages 1000\n" + more);
    mosquitto_ = std::make_unique<PeerProgram>(std::vector<std::string>{"mosquitto", "-c", file}, port);
    mosquitto_->start();
    reader(password);  // from here on what is published waits in its session
  }
  /// The session that outlives everything.
  RawClient reader(const std::string& password = "") const {
    RawClient client(mosquitto_->port(), Version::v311);
    Connect connect{.client_id = "reader", .clean = false};
    if (!password.empty()) connect.username = "broker", connect.password = password;
    if (!client.connect(connect).session_present) client.subscribe({{.filter = "orders/#", .qos = 1}});
    return client;
  }
  /// What waited in the session, until that many different events came of it.
  std::vector<Arrived> arrived(std::size_t count) const {
    RawClient client = reader();
    std::vector<Arrived> all;
    for (std::set<std::size_t> numbers; numbers.size() < count; numbers.insert(all.back().number)) {
      const Packet message = client.expect(PacketType::publish);
      all.push_back(arrived_in(message.payload));
      client.acknowledge(message);
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
  expect_complete(in_order(arrived(kEvents)), kEvents);
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
  expect_complete(arrived(2000), 2000);
}

TEST_F(MosquittoDelivery, ABrokerThatIsKilledLosesNothingItTook) {
  start_mosquitto();
  deliver_to(R"("handler-mqtt": {},)", destination(R"(, "version": "3.1.1")"));
  publish(3000);
  broker().start_again(SIGKILL);
  expect_complete(in_order(arrived(3000)), 3000);
}

TEST_F(MosquittoDelivery, AWrongPasswordIsSaidAndEventsWaitForTheRightOne) {
  const std::string passwords = peer_folder_.path() + "/passwords";
  ASSERT_EQ(run_command({"mosquitto_passwd", "-c", "-b", passwords, "broker", "sesame"}).code, 0);
  start_mosquitto("allow_anonymous false\npassword_file " + passwords + "\n", "sesame");
  deliver_to(R"("handler-mqtt": {},)", destination(R"(, "user": "broker", "password": "mellon")"));
  publish(10);
  ASSERT_TRUE(said("code 0x87")) << broker().output();
  EXPECT_EQ(broker().output().find("mellon"), std::string::npos);
  EXPECT_EQ(refused(), 0);
  deliver_elsewhere(destination(R"(, "user": "broker", "password": "sesame", "mode": "binary")"));
  ASSERT_TRUE(all_delivered()) << broker().output();
  RawClient client = reader("sesame");
  for (int i = 0; i < 10; ++i) client.expect_publish("{\"number\":" + std::to_string(i) + '}');
}

}  // namespace
}  // namespace trellis::testing
