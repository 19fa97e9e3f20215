// An authenticator, a stage and a handler that are replaced again and again by reloads, while clients come, messages
// flow and events are delivered.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

/// How often: TRELLIS_REPLACEMENTS, or a number that is quick.
int replacements() {
  const char* const wanted = std::getenv("TRELLIS_REPLACEMENTS");
  return wanted == nullptr ? 20 : std::atoi(wanted);
}

/// A thread that does the same again until it is told to stop, and says what went wrong.
class Load {
 public:
  /// once: does its part, and answers the oldest version that it has seen at work.
  explicit Load(std::function<int()> once) {
    thread_ = std::thread([this, once = std::move(once)] {
      try {
        while (!stopped_) seen_ = once();
      } catch (const std::exception& error) {
        wrong_ = error.what();
        broken_ = true;
      }
    });
  }
  ~Load() { stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Nothing of it is under way when this returns. What went wrong, or empty.
  std::string stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
    return wrong_;
  }
  bool has_seen(int version) const { return seen_ >= version || broken_; }
  bool broken() const { return broken_; }

 private:
  std::atomic<bool> stopped_{false};
  std::atomic<bool> broken_{false};
  std::atomic<int> seen_{-1};
  std::string wrong_;  // read when the thread has ended
  std::thread thread_;
};

void require(bool holds, const std::string& otherwise) {
  if (!holds) throw std::runtime_error(otherwise);
}

class Replace : public SiteTest {
 protected:
  /// Everything of that version: scripts that say so, and a folder of its own for the handler.
  Site version(int number) {
    const std::string text = std::to_string(number);
    scripts_.write("who.lua", "function on_authenticate(credentials) return allow(credentials.username, {version = '" +
                                  text + "'}) end");
    scripts_.write("rule.lua", "function on_publish(message, client) return {payload = message.payload .. '," + text +
                                   ",' .. client.attributes.version} end");
    std::filesystem::create_directories(files_.path() + "/" + text);
    return {.shards = 2,
            .plugins = script("who", "authenticator-lua", number) + ", " +
                       script("rule", "stage-lua", number, R"(, "on_error": "drop")") +
                       R"(, "handler-file": {"config": {"path": ")" + files_.path() + "/" + text +
                       R"("}}, "service-events": {"config": {"wide_ranges": true, "access": {"anonymous": true}}})",
            .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-events"}},)",
            .root = R"("resources": ")" + resources_.path() + R"(")",
            .space = R"("stages": {"publish": ["rule"]})",
            .authenticators = R"("who")"};
  }
  void SetUp() override {
    resources_.write("events.json", R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/push":
        {"deliveryConfiguration": {"deliveryMode": "Push", "push": {"maxDeliveryCount": 1000, "retryDelays": ["PT1S"],
         "destination": {"endpointType": "File", "properties": {"fileName": "orders.jsonl"}}}}}}})");
    start(version(0));
  }
  std::string script(const std::string& name, const std::string& plugin, int number, const std::string& more = "") {
    return "\"" + name + "\": {\"plugin\": \"" + plugin + "\", \"config\": {\"script\": \"" + scripts_.path() + "/" +
           name + R"(.lua", "watch_interval": "1h", "budget": "1s", "state_entries": )" +
           std::to_string(1000 + number) + more + "}}";
  }
  Connect somebody(const std::string& name) { return {.client_id = unique(name), .username = name, .password = "x"}; }

  /// What "payload,rule,who" says: the versions that judged the message and its publisher, each of them once.
  struct Judged {
    int rule = 0;
    int who = 0;
  };
  static Judged judged(const std::string& text, const std::string& payload) {
    Judged by;
    char behind = 0;
    require(text.starts_with(payload + ",") &&
                std::sscanf(text.c_str() + payload.size(), ",%d,%d%c", &by.rule, &by.who, &behind) == 2,
            "expected '" + payload + "', judged once, and got '" + text + "'");
    return by;
  }

  int exchange_messages(RawClient& publisher, RawClient& subscriber);
  int come_and_go();
  int publish_events(HttpClient& client);
  std::map<std::string, int> delivered() const;
  /// How many of these the broker has: "task" for threads, "fd" for what it has open.
  std::ptrdiff_t count_of(const std::string& what) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(broker().process().pid()) + "/" + what);
    return std::distance(begin(all), end(all));
  }

  TemporaryDirectory scripts_;
  TemporaryDirectory files_;
  TemporaryDirectory resources_;
  std::atomic<int> version_{0};  // that holds for sure
  long messages_ = 0;
  long clients_ = 0;
  long events_ = 0;
  int rule_ = 0;
  int handler_ = -1;
};

// All arrive, in order, judged by versions that never go back.
int Replace::exchange_messages(RawClient& publisher, RawClient& subscriber) {
  constexpr int kAtOnce = 16;
  const int at_least = version_;
  for (int i = 0; i < kAtOnce; ++i)
    publisher.send_publish({.topic = "load", .payload = std::to_string(messages_ + i), .qos = 1});
  for (int i = 0; i < kAtOnce; ++i) publisher.expect(PacketType::puback);
  for (int i = 0; i < kAtOnce; ++i, ++messages_) {
    const auto message = subscriber.expect(PacketType::publish);
    subscriber.acknowledge(message);
    const int rule = judged(message.payload, std::to_string(messages_)).rule;
    require(rule >= rule_ && rule >= at_least, "an older version judged after a newer one");
    rule_ = rule;
  }
  return rule_;
}

// Who comes while the authenticator changes is let in by the old or the new one.
int Replace::come_and_go() {
  const int at_least = version_;
  RawClient client(broker().port());
  const std::string name = "guest-" + std::to_string(clients_++);
  client.connect(somebody(name));
  client.subscribe({{.filter = name}});
  client.send_publish({.topic = name, .payload = name});
  const auto by = judged(client.expect(PacketType::publish).payload, name);
  require(by.who >= at_least, "an older version let somebody in after a newer one");
  client.disconnect();
  return by.who;
}

// Each version of the handler gets its turn: it is seen when there is a file of it.
int Replace::publish_events(HttpClient& client) {
  const std::string event =
      R"({"specversion":"1.0","id":"e)" + std::to_string(events_++) + R"(","source":"/load","type":"load.numbered"})";
  client.send(
      "POST /topics/orders:publish?api-version=2024-06-01 HTTP/1.1\r\nhost: localhost\r\ncontent-type: "
      "application/cloudevents+json\r\ncontent-length: " +
      std::to_string(event.size()) + "\r\n\r\n" + event);
  const auto answer = client.receive();
  require(answer.status == 200, "an event was refused: " + answer.head + answer.body);
  while (std::filesystem::exists(files_.path() + "/" + std::to_string(handler_ + 1) + "/orders.jsonl")) ++handler_;
  return handler_;
}

// How often each event is in a file.
std::map<std::string, int> Replace::delivered() const {
  std::map<std::string, int> times;
  for (const auto& one : std::filesystem::recursive_directory_iterator(files_.path())) {
    if (!one.is_regular_file()) continue;
    std::ifstream lines(one.path());
    for (std::string line; std::getline(lines, line);) {
      const auto at = line.find(R"("id":")") + 6;
      ++times[line.substr(at, line.find('"', at) - at)];
    }
  }
  return times;
}

TEST_F(Replace, AnAuthenticatorAStageAndAHandlerUnderLoad) {
  RawClient publisher(broker().port());
  publisher.connect(somebody("publisher"));
  RawClient subscriber(broker().port());
  subscriber.connect(somebody("subscriber"));
  subscriber.subscribe({{.filter = "load", .qos = 1}});
  HttpClient poster(broker().port("events"));
  Load messages([&] { return exchange_messages(publisher, subscriber); });
  Load clients([&] { return come_and_go(); });
  Load events([&] { return publish_events(poster); });
  const auto threads = count_of("task");
  const auto descriptors = count_of("fd");
  const int wanted = replacements();
  const auto seen = [&](int number) {
    return messages.has_seen(number) && clients.has_seen(number) && events.has_seen(number);
  };
  for (int number = 1; number <= wanted; ++number) {
    ASSERT_TRUE(reload(version(number))) << broker().output();
    version_ = number;
    ASSERT_TRUE(eventually([&] { return seen(number); }));
    if (messages.broken() || clients.broken() || events.broken()) break;
  }
  EXPECT_EQ(messages.stop(), "");
  EXPECT_EQ(clients.stop(), "");
  EXPECT_EQ(events.stop(), "");
  if (HasFailure()) FAIL() << "after " << version_ << " replacements:\n" << broker().output();
  std::map<std::string, int> there;
  EXPECT_TRUE(eventually([&] { return (there = delivered()).size() == static_cast<std::size_t>(events_); }))
      << there.size() << " of " << events_ << " events were delivered";
  for (const auto& [id, times] : there) EXPECT_EQ(times, 1) << id;
  // Less than one for each: clients were coming and going when they were counted.
  constexpr int kPassing = 10;
  EXPECT_LE(count_of("task"), threads) << "who was replaced has threads still";
  EXPECT_LE(count_of("fd"), descriptors + kPassing) << "who was replaced has something open still";
  EXPECT_TRUE(eventually([&] { return metrics().unaccounted() == 0; }));
  std::printf("%d replacements: %ld messages, %ld clients, %ld events\n", wanted, messages_, clients_, events_);
}

}  // namespace
}  // namespace trellis::testing
