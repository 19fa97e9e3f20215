// Events on their way to three peers at once, while the broker and the peers are killed at moments nobody chose.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <iterator>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "nats_reader.hpp"
#include "peer_program.hpp"
#include "support/command.hpp"
#include "support/endpoint.hpp"
#include "support/environment.hpp"
#include "support/http_client.hpp"

namespace trellis::testing {
namespace {

using Numbers = std::set<std::size_t>;
using std::chrono::milliseconds;

/// Publishes numbered events, one request after the other, whatever becomes of the broker. What was answered with 200
/// counts; everything else may be there or not.
class Publisher {
 public:
  explicit Publisher(std::uint16_t port) : port_(port), thread_([this] { run(); }) {}
  ~Publisher() {
    over_ = true;
    thread_.join();
  }
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// The broker is back, at that port.
  void go_to(std::uint16_t port) { port_ = port; }
  /// Returns when nothing is under way.
  void pause() {
    paused_ = true;
    const std::lock_guard lock(mutex_);
  }
  void go_on() { paused_ = false; }
  std::set<std::size_t> accepted() const {
    const std::lock_guard lock(mutex_);
    return accepted_;
  }

 private:
  static constexpr std::size_t kBatch = 20;

  void run() {
    while (!over_) {
      bool sent = false;
      if (!paused_) {
        const std::lock_guard lock(mutex_);
        sent = !paused_ && send_batch();
      }
      // Of a pace that peers can follow; and nobody is asked again at once who is not there.
      std::this_thread::sleep_for(milliseconds(sent ? 5 : 20));
    }
  }
  bool send_batch() {
    std::string body = "[";
    for (std::size_t i = 0; i < kBatch; ++i) {
      const std::string number = std::to_string(next_ + i);
      body += std::string(i > 0 ? "," : "") + R"({"specversion":"1.0","id":")" + number +
              R"(","source":"/kills","type":"matrix.numbered","subject":"s","data":)" + number + "}";
    }
    const std::size_t first = std::exchange(next_, next_ + kBatch);
    try {
      HttpClient client(port_);
      client.send(
          "POST /topics/orders:publish?api-version=2024-06-01 HTTP/1.1\r\nhost: localhost\r\ncontent-type: "
          "application/cloudevents-batch+json\r\ncontent-length: " +
          std::to_string(body.size() + 1) + "\r\n\r\n" + body + "]");
      if (client.receive().status != 200) return false;
    } catch (const std::runtime_error&) {
      return false;  // it was killed
    }
    for (std::size_t i = 0; i < kBatch; ++i) accepted_.insert(first + i);
    return true;
  }

  std::atomic<std::uint16_t> port_;
  std::atomic<bool> over_{false};
  std::atomic<bool> paused_{false};
  mutable std::mutex mutex_;  // held while a request is under way
  std::size_t next_ = 0;      // guarded by mutex_, as all below
  Numbers accepted_;
  std::thread thread_;  // the last to be made
};

class RandomKills : public DeliveredSite {
 protected:
  RandomKills() { random_.seed(seed_); }
  void TearDown() override {
    if (HasFailure()) std::cerr << "TRELLIS_SEED=" << seed_ << ". The broker printed:\n" << broker().output();
    publisher_.reset();
    SiteTest::TearDown();
  }

  void begin() {
    std::cout << "TRELLIS_SEED=" << seed_ << '\n';
    start_peers();
    std::string subscriptions;
    const auto add = [&](const std::string& name, const std::string& destination) {
      subscriptions += (subscriptions.empty() ? "" : ",") + ("\"orders/" + name) +
                       R"(": {"deliveryConfiguration": {"deliveryMode": "Push", "push": {"maxDeliveryCount": 1000,
                         "retryDelays": ["PT1S"], "destination": )" +
                       destination + "}}}";
    };
    const std::string here = R"({"host": "127.0.0.1", "maxEventsPerBatch": 50, "port": )";
    add("redis", R"({"endpointType": "Redis", "properties": )" + here + std::to_string(redis_->port()) +
                     R"(, "stream": "orders"}})");
    add("nats", R"({"endpointType": "Nats", "properties": )" + here + std::to_string(nats_->port()) +
                    R"(, "subject": "orders.{type}"}})");
    add("hook", R"({"endpointType": "WebHook", "properties": {"validation": "none", "maxEventsPerBatch": 50,
                    "endpointUrl": ")" +
                    hook_.url("/in") + "\"}}");
    folder_.write("events.json", R"({"topics": {"orders": {}}, "eventSubscriptions": {)" + subscriptions + "}}");
    const std::string soon = R"({"config": {"backoff_max": "200ms"}})";
    start({.shards = 2,
           .plugins = R"("store-journal": {"config": {"path": "store"}}, "handler-redis": )" + soon +
                      R"(, "handler-nats": )" + soon + R"(, "handler-webhook": {}, "service-events": {"config":
                      {"wide_ranges": true, "push": {"failures": 1000, "jitter_percent": 0},
                       "access": {"anonymous": true}}})",
           .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                         "services": {"/": "service-events"}},)",
           .root = R"("outbound": {"allow": ["127.0.0.0/8"]}, "store": "store-journal", "resources": ")" +
                   folder_.path() + R"(")"});
    publisher_.emplace(broker().port("events"));
  }

  /// One of them is gone for a while.
  void kill_somebody() {
    switch (some(5)) {
      case 0:
        return kill_and_wait(*redis_);
      case 1:
        return kill_and_wait(*nats_);
      case 2:
        hook_.leave();
        pause(0, 300);
        return hook_.come_back();
      default:
        broker().start_again(SIGKILL);
        ++broker_kills_;
        return publisher_->go_to(broker().port("events"));
    }
  }
  void pause(unsigned least, unsigned most) {
    std::this_thread::sleep_for(milliseconds(least + some(most - least + 1)));
  }
  unsigned some(unsigned most) { return static_cast<unsigned>(random_() % most); }

  /// All that was accepted is everywhere, and the account of what the broker had since its start holds.
  void settle() {
    publisher_->pause();
    ASSERT_TRUE(eventually([&] { return metrics().sum("trellis_queue_messages") == 0; }, std::chrono::minutes(2)))
        << http_get(broker().port("admin"), "/metrics").body;
    EXPECT_TRUE(eventually([&] { return metrics().unaccounted() == 0; }))
        << http_get(broker().port("admin"), "/metrics").body;
    EXPECT_EQ(metrics().sum("trellis_messages_dropped_total"), 0);
    const Numbers accepted = publisher_->accepted();
    expect_all(accepted, in_redis(), "Redis");
    expect_all(accepted, in_nats(), "NATS");
    expect_all(accepted, in_hook(), "the webhook");
    settled_ = accepted.size();
    publisher_->go_on();
  }

  std::size_t settled_ = 0;  // events of all rounds
  unsigned broker_kills_ = 0;
  const std::uint64_t kills_ = environment_or("TRELLIS_KILLS", 8);

 private:
  void start_peers() {
    const std::uint16_t redis = free_port();
    redis_.emplace(
        std::vector<std::string>{"redis-server", "--port", std::to_string(redis), "--bind", "127.0.0.1", "--dir",
                                 of_redis_.path(), "--appendonly", "yes", "--appendfsync", "always", "--save", ""},
        redis);
    redis_->start();
    const std::uint16_t nats = free_port();
    nats_.emplace(std::vector<std::string>{"nats-server", "-a", "127.0.0.1", "-p", std::to_string(nats), "-js", "-sd",
                                           of_nats_.path()},
                  nats);
    nats_->start();
    ask_nats("STREAM.CREATE.ORDERS", R"({"name":"ORDERS","subjects":["orders.>"],"storage":"file"})");
  }
  void kill_and_wait(PeerProgram& peer) {
    peer.end(SIGKILL);
    pause(0, 300);
    peer.start();
  }
  std::string ask_nats(const std::string& what, const std::string& json) {
    return NatsReader(nats_->port()).ask("$JS.API." + what, json);
  }

  Numbers in_redis() {
    std::istringstream lines(
        run_command({"redis-cli", "-p", std::to_string(redis_->port()), "--raw", "XRANGE", "orders", "-", "+"}).out);
    Numbers all;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("{")) all.insert(arrived_in(line).number);
    }
    return all;
  }
  Numbers in_nats() {
    const std::string info = ask_nats("STREAM.INFO.ORDERS", "");
    const std::size_t count = std::stoul(info.substr(info.find(R"("messages":)") + 11));
    Numbers all;
    for (const std::string& payload : NatsReader(nats_->port()).all_of_orders(count)) {
      all.insert(arrived_in(payload).number);
    }
    return all;
  }
  Numbers in_hook() {
    const std::lock_guard lock(mutex_);
    return hooked_;
  }
  Endpoint::Answer take(const Endpoint::Request& request) {
    const std::lock_guard lock(mutex_);
    for (std::size_t at = 0; (at = request.body.find(R"("id":")", at)) != std::string::npos; ++at) {
      hooked_.insert(std::stoul(request.body.substr(at + 6)));
    }
    return {};
  }

  static void expect_all(const Numbers& accepted, const Numbers& there, const std::string& where) {
    std::vector<std::size_t> missing;
    std::ranges::set_difference(accepted, there, std::back_inserter(missing));
    EXPECT_TRUE(missing.empty()) << missing.size() << " of " << accepted.size() << " are not at " << where
                                 << ", the first is " << missing.front();
  }

  const std::uint64_t seed_ = environment_or("TRELLIS_SEED", std::random_device{}());
  std::mt19937_64 random_;
  TemporaryDirectory of_redis_, of_nats_;
  std::optional<PeerProgram> redis_, nats_;
  std::mutex mutex_;
  Numbers hooked_;  // guarded by mutex_
  Endpoint hook_{[this](const Endpoint::Request& request) { return take(request); }};
  std::optional<Publisher> publisher_;
};

// TRELLIS_KILLS=200 goes on for longer. Every eighth kill is followed by a look whether all is there.
TEST_F(RandomKills, LoseNothingThatWasAccepted) {
  begin();
  for (std::uint64_t kill = 1; kill <= kills_ && !HasFatalFailure(); ++kill) {
    pause(50, 400);
    kill_somebody();
    if (kill % 8 == 0 || kill == kills_) settle();
  }
  std::cout << settled_ << " events, " << kills_ << " kills, of the broker " << broker_kills_ << '\n';
  EXPECT_GT(settled_, 100u);
}

}  // namespace
}  // namespace trellis::testing
