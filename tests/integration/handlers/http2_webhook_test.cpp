// Webhooks whose endpoint speaks HTTP/2: many deliveries on one connection, and whatever such an endpoint may do wrong.
#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "delivered_site.hpp"
#include "peer_program.hpp"
#include "support/command.hpp"

namespace trellis::testing {
namespace {

/// One event as the endpoint took it.
struct Took {
  Arrived event;
  int session = 0;
  int streams = 0;  // open there at that moment
};

class DeliveredOverHttp2 : public DeliveredSite {
 protected:
  DeliveredOverHttp2() {
    outbound_ = R"(, "tls": "transport-tls")";
    const auto made = run_command({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                   "-nodes", "-subj", "/CN=peer", "-addext", "subjectAltName=IP:127.0.0.1", "-days",
                                   "1", "-keyout", file("peer.key"), "-out", file("peer.pem")});
    if (made.code != 0) throw std::runtime_error(made.describe());
  }
  std::string file(const std::string& name) const { return peer_.path() + "/" + name; }
  void begin_endpoint(const std::string& manner, const std::string& wait = "0") {
    const std::uint16_t port = free_port();
    endpoint_.emplace(std::vector<std::string>{"node", TRELLIS_PEERS "/http2_endpoint.mjs", std::to_string(port),
                                               peer_.path(), manner, wait},
                      port);
    endpoint_->start();
  }
  /// webhook: settings of handler-webhook.
  std::string handlers(const std::string& webhook = "") const {
    return R"("transport-tls": {"config": {"dialling": {"server_ca": ")" + file("peer.pem") +
           R"("}}}, "handler-webhook": {"config": {)" + webhook + "}}, ";
  }
  std::string destination(const std::string& more = "") const {
    return R"({"endpointType": "WebHook", "properties": {"validation": "none", "endpointUrl": "https://127.0.0.1:)" +
           std::to_string(endpoint_->port()) + R"(/in")" + more + "}}";
  }
  std::vector<Took> took() {
    std::vector<Took> all;
    std::istringstream lines(endpoint_->output());
    std::string word;
    for (Took one; lines >> word >> one.event.number >> one.event.subject >> one.session >> one.streams;) {
      if (word == "took") all.push_back(one);
    }
    return all;
  }
  /// Everything was delivered, and what the endpoint says about it came here: that takes another way.
  bool all_taken(std::chrono::milliseconds patience = std::chrono::seconds(60)) {
    return all_delivered(patience) && eventually([&] {
             std::set<std::size_t> numbers;
             for (const Took& one : took()) numbers.insert(one.event.number);
             return numbers.size() >= published();
           });
  }
  static std::vector<Arrived> events_of(const std::vector<Took>& all) {
    std::vector<Arrived> events;
    for (const Took& one : all) events.push_back(one.event);
    return in_order(events);
  }
  static std::size_t sessions(const std::vector<Took>& all) {
    std::set<int> numbers;
    for (const Took& one : all) numbers.insert(one.session);
    return numbers.size();
  }
  double failed() { return metrics().sum("trellis_events_push_attempts_total", R"(outcome="failed")"); }

  TemporaryDirectory peer_;
  std::optional<PeerProgram> endpoint_;
};

TEST_F(DeliveredOverHttp2, ManyRequestsShareOneConnection) {
  begin_endpoint("good", "20");
  deliver_to(handlers(), destination(R"(, "maxEventsPerBatch": 50)"), R"("maxParallelDeliveries": 20)");
  publish(2000);
  ASSERT_TRUE(all_taken()) << broker().output() << endpoint_->output();
  const auto all = took();
  expect_complete(events_of(all), published());
  EXPECT_EQ(sessions(all), 1u);
  const auto most = std::ranges::max_element(all, {}, &Took::streams);
  EXPECT_GT(most->streams, 1) << "they go at the same time";
  EXPECT_LE(most->streams, 20);
  expect_metric("trellis_http_client_open_connections", R"(protocol="h2")", 1);
  expect_metric("trellis_http_client_streams", R"(handler="webhook")", 0);
  EXPECT_EQ(failed(), 0);
}

TEST_F(DeliveredOverHttp2, WhoGoesAwayMakesNobodyFail) {
  begin_endpoint("leaving", "5");
  deliver_to(handlers(), destination(), R"("maxParallelDeliveries": 20)");
  publish(500);
  ASSERT_TRUE(all_taken()) << broker().output() << endpoint_->output();
  const auto all = took();
  expect_complete(events_of(all), published());
  EXPECT_EQ(all.size(), published()) << "nothing came twice";
  EXPECT_GE(sessions(all), 10u);
  EXPECT_EQ(failed(), 0);
  EXPECT_LE(metrics().sum("trellis_http_client_open_connections", R"(protocol="h2")"), 1);
}

TEST_F(DeliveredOverHttp2, EndpointsThatDoWrongLoseNothing) {
  begin_endpoint("wrong");
  deliver_to(handlers(R"("timeout": "1s", "answer_bytes": "64KiB")"), destination(), R"("maxParallelDeliveries": 20)");
  publish(100);
  ASSERT_TRUE(all_taken(std::chrono::minutes(2))) << broker().output() << endpoint_->output();
  expect_complete(events_of(took()), published());
  EXPECT_EQ(refused(), 0);
  EXPECT_GE(failed(), 70) << "but for those that were refused";
  expect_metric("trellis_http_client_streams", R"(handler="webhook")", 0);
  EXPECT_LE(metrics().sum("trellis_http_client_connections"), 8);
  EXPECT_EQ(metrics().sum("trellis_events_push_under_way"), 0);
}

TEST_F(DeliveredOverHttp2, ItCanBeSwitchedOff) {
  begin_endpoint("old");
  deliver_to(handlers(R"("http2": false)"), destination(), R"("maxParallelDeliveries": 4)");
  publish(100);
  ASSERT_TRUE(all_taken()) << broker().output() << endpoint_->output();
  expect_complete(events_of(took()), published());
  EXPECT_GE(metrics().sum("trellis_http_client_open_connections", R"(protocol="http/1.1")"), 1);
}

// Node.js is busier than the broker here. HTTP/1.1 beside it has eight connections.
TEST_F(DeliveredOverHttp2, MeasuredInBatches) {
  begin_endpoint("good");
  measure("h2 in batches of 50", handlers(), destination(R"(, "maxEventsPerBatch": 50)"));
}

TEST_F(DeliveredOverHttp2, MeasuredSingly) {
  begin_endpoint("good");
  measure("h2 singly", handlers(), destination());
}

TEST_F(DeliveredOverHttp2, MeasuredOverHttp1InBatches) {
  begin_endpoint("old");
  measure("http/1.1 in batches of 50", handlers(), destination(R"(, "maxEventsPerBatch": 50)"));
}

TEST_F(DeliveredOverHttp2, MeasuredOverHttp1Singly) {
  begin_endpoint("old");
  measure("http/1.1 singly", handlers(), destination());
}

}  // namespace
}  // namespace trellis::testing
