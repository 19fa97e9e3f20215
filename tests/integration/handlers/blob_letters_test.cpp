// Dead letters in blobs of Azurite, which comes and goes.
#include <algorithm>
#include <csignal>
#include <stdexcept>

#include "delivered_site.hpp"
#include "support/azurite.hpp"
#include "support/http_client.hpp"

namespace trellis::testing {
namespace {

class BlobLettersSite : public DeliveredSite {
 protected:
  static constexpr const char* kLetters = "/topics/orders/eventsubscriptions/audit/deadletters";

  void start_broker() {
    azurite_.create("dead");
    folder_.write("events.json", R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/audit": {
        "deliveryConfiguration": {"queue": {"deadLetterDestinationWithResourceIdentity": {"deadLetterDestination": {
        "endpointType": "StorageBlob", "properties": {"resourceId":
        "/subscriptions/1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/shop",
        "blobContainerName": "dead"}}}}}}}})");
    start({.plugins = std::string(R"("store-journal": {"config": {"path": "store"}}, "service-events": {"config":
          {"wide_ranges": true, "access": {"anonymous": true}, "dead_letters": {"accounts": [{"name": "shop",
          "key": ")") +
                      Azurite::kKey + R"(", "blob_endpoint": ")" + azurite_.url() + R"("}]}}})",
           .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                       "services": {"/": "service-events"}},)",
           .root = R"("outbound": {"allow": ["127.0.0.0/8"]}, "store": "store-journal", "resources": ")" +
                   folder_.path() + R"(")"});
  }
  HttpAnswer ask(const std::string& method, const std::string& path, const std::string& query = "",
                 const std::string& body = "") {
    HttpClient client(broker().port("events"));
    client.send(method + " " + path + "?api-version=2024-06-01" + query +
                " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    auto answer = client.receive();
    if (answer.status != 200) throw std::runtime_error(answer.head + answer.body);
    return answer;
  }
  /// Receives that many events, and rejects them.
  void reject(std::size_t events) {
    const std::string path = "/topics/orders/eventsubscriptions/audit";
    while (events > 0) {
      const auto answer = ask("POST", path + ":receive", "&maxEvents=100&maxWaitTime=10");
      static const std::string kToken = R"("lockToken":")";
      std::string tokens;
      for (std::size_t at = answer.body.find(kToken); at != std::string::npos; at = answer.body.find(kToken, at)) {
        at += kToken.size();
        tokens += (tokens.empty() ? "\"" : ",\"") + answer.body.substr(at, answer.body.find('"', at) - at) + "\"";
        --events;
      }
      if (tokens.empty()) throw std::runtime_error("nothing came: " + answer.body);
      ask("POST", path + ":reject", "", R"({"lockTokens":[)" + tokens + "]}");
    }
  }
  double kept() { return metrics().sum("trellis_events_dead_lettered_total", R"(outcome="success")"); }
  double failed() { return metrics().sum("trellis_events_dead_lettered_total", R"(outcome="failure")"); }
  std::size_t letters() {
    std::size_t found = 0;
    for (const std::string& name : azurite_.blobs("dead")) {
      found += count(azurite_.ask("GET", "dead/" + name).body, R"("deadletterreason":"Event was rejected.")");
    }
    return found;
  }

  TemporaryDirectory own_;
  Azurite azurite_{Azurite::Service::blob, own_.path(), free_port()};
};

TEST_F(BlobLettersSite, AreKeptThoughTheAccountAndTheBrokerWereAway) {
  start_broker();
  publish(500);
  reject(200);
  ASSERT_TRUE(eventually([this] { return kept() == 200; }));
  const auto names = azurite_.blobs("dead");
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(names[0].substr(0, 21), "default/orders/audit/");
  EXPECT_EQ(letters(), 200u);
  azurite_.end(SIGTERM);
  reject(200);
  ASSERT_TRUE(eventually([this] { return failed() >= 200; }));
  broker().start_again(SIGKILL);
  reject(100);
  azurite_.start();
  EXPECT_TRUE(eventually([this] { return kept() >= 300; }, std::chrono::seconds(90)));
  EXPECT_EQ(letters(), 500u);
  EXPECT_EQ(metrics().sum("trellis_events_locked"), 0);
}

TEST_F(BlobLettersSite, AreListedAndPutBack) {
  start_broker();
  publish(3);
  reject(3);
  ASSERT_TRUE(eventually([this] { return kept() == 3; }));
  const auto list = ask("GET", kLetters);
  EXPECT_EQ(count(list.body, R"("source":"/matrix")"), 3u) << list.body;
  std::size_t back = 0;
  while (back < 3) {
    const auto answer = ask("POST", std::string(kLetters) + ":redrive");
    const std::size_t redriven = std::stoul(answer.body.substr(answer.body.find("\"redriven\":") + 11));
    ASSERT_GT(redriven, 0u) << answer.body;
    back += redriven;
  }
  EXPECT_TRUE(azurite_.blobs("dead").empty());
  reject(3);
}

}  // namespace
}  // namespace trellis::testing
