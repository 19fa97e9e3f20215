// Events over HTTP while the broker is killed again and again: what was answered 200 is delivered at least once, and
// what was acknowledged never returns.
#include <algorithm>
#include <csignal>
#include <iterator>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "json.hpp"
#include "support/command.hpp"
#include "support/environment.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

/// What clients know.
struct Ledger {
  std::mutex mutex;
  std::set<std::string> published;     // answered 200
  std::set<std::string> received;      // at least once
  std::set<std::string> acknowledged;  // answered so
  std::vector<std::string> faults;
};

/// One client on one connection, until that breaks.
class EventClient {
 public:
  EventClient(std::uint16_t port, Ledger& ledger, std::uint64_t seed) : http_(port), ledger_(ledger), random_(seed) {}

  void publish(std::string_view name, int& next) {
    while (true) {
      const int count = random_() % 3 == 0 ? 5 : 1;
      std::vector<std::string> ids;
      std::string body;
      for (int i = 0; i < count; ++i) {
        ids.push_back(std::string(name) + "-" + std::to_string(next++));
        body += (body.empty() ? "" : ",") +
                (R"({"specversion":"1.0","id":")" + ids.back() + R"(","source":"/s","type":"t"})");
      }
      const auto answer =
          count == 1 ? post("/topics/orders:publish", "", body, "application/cloudevents+json")
                     : post("/topics/orders:publish", "", "[" + body + "]", "application/cloudevents-batch+json");
      const std::lock_guard lock(ledger_.mutex);
      if (answer.status == 200) {
        ledger_.published.insert(ids.begin(), ids.end());
      } else {
        ledger_.faults.push_back("publish was answered " + std::to_string(answer.status) + " " + answer.body);
      }
    }
  }

  void receive_for_ever() {
    while (true) receive(false);
  }

  /// How many there were. all: each is acknowledged.
  std::size_t receive(bool all, const std::string& wait = "1") {
    const auto answer = post("/topics/orders/eventsubscriptions/audit:receive", "&maxEvents=20&maxWaitTime=" + wait, "",
                             "application/json");
    const Json::Value body = parse_json(answer.body);
    std::string tokens;
    std::vector<std::string> ids;
    const auto choice = all ? 0 : random_() % 10;
    for (const Json::Value& one : body["value"]) {
      tokens += (tokens.empty() ? "\"" : ",\"") + one["brokerProperties"]["lockToken"].asString() + "\"";
      ids.push_back(one["event"]["id"].asString());
    }
    {
      const std::lock_guard lock(ledger_.mutex);
      for (const std::string& id : ids) {
        ledger_.received.insert(id);
        if (ledger_.acknowledged.contains(id)) ledger_.faults.push_back(id + " came back after it was acknowledged");
      }
    }
    if (ids.empty() || choice == 9) return ids.size();  // left to its lock
    const std::string how = choice == 8 ? "release" : "acknowledge";
    const auto settled = post("/topics/orders/eventsubscriptions/audit:" + how, "", "{\"lockTokens\":[" + tokens + "]}",
                              "application/json");
    if (settled.status != 200 || how == "release") return ids.size();
    const Json::Value done = parse_json(settled.body);
    const std::lock_guard lock(ledger_.mutex);
    for (const Json::Value& token : done["succeededLockTokens"]) {
      for (Json::ArrayIndex i = 0; i < body["value"].size(); ++i) {
        if (body["value"][i]["brokerProperties"]["lockToken"] == token) ledger_.acknowledged.insert(ids[i]);
      }
    }
    return ids.size();
  }

 private:
  HttpAnswer post(const std::string& path, const std::string& query, const std::string& body, const std::string& type) {
    http_.send("POST " + path + "?api-version=2024-06-01" + query + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: " +
               type + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return http_.receive();
  }

  HttpClient http_;
  Ledger& ledger_;
  std::mt19937_64 random_;
};

class EventsCrash : public SiteTest {
 protected:
  void SetUp() override {
    folder_.write("events.json",
                  R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/audit": {"deliveryConfiguration":
        {"queue": {"receiveLockDurationInSeconds": 1, "maxDeliveryCount": 60000}}}}})");
    start({.shards = 2,
           .plugins = R"("store-journal": {"config": {"path": "store"}},
                         "service-events": {"config": {"wide_ranges": true, "access": {"anonymous": true}}})",
           .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                            "services": {"/": "service-events"}},)",
           .root = R"("store": "store-journal", "resources": ")" + folder_.path() + "\""});
  }
  /// Three publishers and three receivers until the broker dies under them.
  void round(std::uint64_t seed) {
    const std::uint16_t port = broker().port("events");
    std::vector<std::thread> clients;
    for (std::uint64_t i = 0; i < 6; ++i) {
      clients.emplace_back([this, port, seed, i] {
        try {
          EventClient client(port, ledger_, seed * 6 + i);
          if (i < 3) client.publish("p" + std::to_string(i), next_[i]);
          client.receive_for_ever();
        } catch (const std::exception&) {
          // The broker is gone.
        }
      });
    }
    std::mt19937_64 random(seed);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(20 + random() % 130));  // where it dies, not what is waited for
    broker().start_again(SIGKILL);
    for (std::thread& client : clients) client.join();
  }

  TemporaryDirectory folder_;
  Ledger ledger_;
  int next_[3] = {0, 0, 0};
};

TEST_F(EventsCrash, NothingAnsweredIsLostAndNothingAcknowledgedReturns) {
  const std::uint64_t rounds = environment_or("TRELLIS_CRASH_ROUNDS", 20);
  const std::uint64_t seed = environment_or("TRELLIS_SEED", 1);
  for (std::uint64_t i = 0; i < rounds && ledger_.faults.empty(); ++i) round(seed + i);
  EventClient last(broker().port("events"), ledger_, 0);
  while (last.receive(true, "5") > 0) continue;  // locks end after a second
  EXPECT_EQ(ledger_.faults, std::vector<std::string>()) << "seed " << seed;
  std::vector<std::string> lost;
  std::ranges::set_difference(ledger_.published, ledger_.received, std::back_inserter(lost));
  EXPECT_EQ(lost, std::vector<std::string>()) << "seed " << seed;
  EXPECT_GT(ledger_.published.size(), rounds);
  EXPECT_GT(ledger_.acknowledged.size(), rounds);
  RecordProperty("published", static_cast<int>(ledger_.published.size()));
  std::cout << ledger_.published.size() << " published, " << ledger_.acknowledged.size() << " acknowledged\n";
}

}  // namespace
}  // namespace trellis::testing
