// Events in a stream of a real NATS server that is killed, stopped, and asked for a password.
#include <gmock/gmock.h>

#include "nats_reader.hpp"
#include "peer_program.hpp"

namespace trellis::testing {
namespace {

class NatsDelivery : public DeliveredSite {
 protected:
  void start_nats(const std::vector<std::string>& more = {}) {
    const std::uint16_t port = free_port();
    std::vector<std::string> command = {"nats-server",        "-a",  "127.0.0.1", "-p",
                                        std::to_string(port), "-js", "-sd",       peer_folder_.path()};
    command.insert(command.end(), more.begin(), more.end());
    nats_ = std::make_unique<PeerProgram>(command, port);
    nats_->start();
  }
  void make_stream() {
    NatsReader client(nats_->port());
    const std::string answer =
        client.ask("$JS.API.STREAM.CREATE.ORDERS", R"({"name":"ORDERS","subjects":["orders.>"],"storage":"file"})");
    ASSERT_EQ(answer.find("\"error\""), std::string::npos) << answer;
  }
  std::string destination(const std::string& more = {}) const {
    return R"({"endpointType": "Nats", "properties": {"host": "127.0.0.1", "port": )" + std::to_string(nats_->port()) +
           R"(, "subject": "orders.{type}", "maxEventsPerBatch": 100)" + more + "}}";
  }
  std::size_t stored() const {
    NatsReader client(nats_->port());
    const std::string answer = client.ask("$JS.API.STREAM.INFO.ORDERS", "");
    const auto at = answer.find(R"("messages":)");
    return at == std::string::npos ? 0 : std::stoul(answer.substr(at + 11));
  }
  std::vector<Arrived> arrived() const {
    std::vector<Arrived> all;
    for (const std::string& payload : NatsReader(nats_->port()).all_of_orders(stored())) {
      all.push_back(arrived_in(payload));
    }
    return all;
  }
  bool said(const std::string& text) {
    return eventually([&] { return broker().output().find(text) != std::string::npos; });
  }

  TemporaryDirectory peer_folder_;
  std::unique_ptr<PeerProgram> nats_;
};

TEST_F(NatsDelivery, NothingIsLostWhileNatsComesAndGoes) {
  start_nats();
  make_stream();
  deliver_to(R"("handler-nats": {},)", destination());
  publish(3000);
  nats_->end(SIGKILL);
  publish(2000);
  nats_->start();
  publish(2000);
  nats_->end(SIGTERM);
  publish(2000);
  nats_->start();
  publish(kEvents - published());
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(in_order(arrived()), kEvents);
  EXPECT_EQ(stored(), kEvents) << "the stream knows duplicates by their identifier";
  EXPECT_EQ(refused(), 0);
}

TEST_F(NatsDelivery, Throughput) {
  start_nats();
  make_stream();
  measure("nats (JetStream)", R"("handler-nats": {},)", destination());
}

TEST_F(NatsDelivery, WithAKeyTheOrderStays) {
  start_nats();
  make_stream();
  deliver_to(R"("handler-nats": {},)", destination(), R"("orderBy": "subject")");
  publish(1000);
  nats_->end(SIGKILL);
  nats_->start();
  publish(1000);
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(arrived(), 2000);
}

TEST_F(NatsDelivery, ABrokerThatIsKilledLosesNothingItTook) {
  start_nats();
  make_stream();
  deliver_to(R"("handler-nats": {},)", destination());
  publish(3000);
  broker().start_again(SIGKILL);
  ASSERT_TRUE(eventually([&] { return stored() >= 3000; }, std::chrono::seconds(60))) << broker().output();
  expect_complete(in_order(arrived()), 3000);
}

TEST_F(NatsDelivery, EventsWithoutAStreamAreKeptUntilThereIsOne) {
  start_nats();
  deliver_to(R"("handler-nats": {},)", destination());
  publish(10);
  ASSERT_TRUE(said("no stream takes events of that subject")) << broker().output();
  EXPECT_EQ(refused(), 0);
  make_stream();
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(in_order(arrived()), 10);
}

TEST_F(NatsDelivery, AWrongPasswordIsSaidAndEventsWaitForTheRightOne) {
  start_nats({"--user", "broker", "--pass", "sesame"});
  deliver_to(R"("handler-nats": {},)",
             destination(R"(, "user": "broker", "password": "mellon", "confirmation": "core")"));
  publish(10);
  ASSERT_TRUE(said("Authorization Violation")) << broker().output();
  EXPECT_EQ(broker().output().find("mellon"), std::string::npos);
  EXPECT_EQ(refused(), 0);
  NatsReader subscriber(nats_->port(), R"("verbose":false,"user":"broker","pass":"sesame")");
  subscriber.send("SUB orders.> 2\r\n");
  deliver_elsewhere(destination(R"(, "user": "broker", "password": "sesame", "confirmation": "core")"));
  ASSERT_TRUE(all_delivered()) << broker().output();
  std::vector<Arrived> arrived;
  for (int i = 0; i < 10; ++i) arrived.push_back(arrived_in(subscriber.payload("2")));
  expect_complete(in_order(arrived), 10);
}

}  // namespace
}  // namespace trellis::testing
