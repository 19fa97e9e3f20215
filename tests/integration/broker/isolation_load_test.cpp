// A hundred processes of plugins killed while clients of all kinds go on.
#include <atomic>
#include <mutex>
#include <thread>

#include "isolated_site.hpp"
#include "support/http_client.hpp"

namespace trellis::testing {
namespace {

class IsolationUnderLoad : public IsolatedSite {};

/// Clients of all kinds that go on until they are told to stop, and say what went wrong.
class Load {
 public:
  Load(std::uint16_t mqtt, std::uint16_t http)
      : threads_([this, mqtt] { publish(mqtt); }, [this, mqtt] { connect(mqtt); }, [this, http] { ask(http); }) {}
  ~Load() { stop(); }
  void stop() {
    ending_ = true;
    for (std::thread& thread : threads_.all) {
      if (thread.joinable()) thread.join();
    }
  }
  std::atomic<int> published{0}, received{0}, admitted{0}, refused{0}, answered{0}, unavailable{0};
  std::vector<std::string> troubles() {
    const std::lock_guard lock(mutex_);
    return troubles_;
  }

 private:
  struct Threads {
    template <typename... Functions>
    explicit Threads(Functions... functions) {
      (all.emplace_back(functions), ...);
    }
    std::vector<std::thread> all;
  };
  template <typename Function>
  void until_the_end(const char* who, Function function) {
    try {
      while (!ending_) function();
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      troubles_.push_back(std::string(who) + ": " + error.what());
    }
  }
  // Two connections that must last: whoever publishes is told each time, whoever subscribed gets everything.
  void publish(std::uint16_t port) {
    RawClient subscriber(port);
    RawClient publisher(port);
    until_connected(subscriber, "subscriber");
    until_connected(publisher, "publisher");
    subscriber.subscribe({{.filter = "good/#", .qos = 1}});
    until_the_end("publisher", [&] {
      const std::string payload = std::to_string(++published);
      publisher.publish({.topic = "good/x", .payload = payload, .qos = 1});
      subscriber.acknowledge(subscriber.expect_publish(payload));
      ++received;
    });
  }
  static void until_connected(RawClient& client, const std::string& name) {
    client.connect({.client_id = name, .username = "boiler", .password = "s3cret"});
  }
  // Clients that come and go: let in, or told that this is not possible at the moment.
  void connect(std::uint16_t port) {
    until_the_end("client", [&] {
      RawClient client(port);
      client.send_connect({.client_id = "passing", .username = "boiler", .password = "s3cret"});
      const auto answer = client.expect(PacketType::connack);
      if (answer.reason != 0 && answer.reason != 0x88)
        throw std::runtime_error("told " + std::to_string(answer.reason));
      ++(answer.reason == 0 ? admitted : refused);
    });
  }
  void ask(std::uint16_t port) {
    HttpClient client(port);
    until_the_end("request", [&] {
      const auto answer = client.get("/hello/you");
      if (answer.status != 200 && answer.status != 503) throw std::runtime_error("told " + answer.head);
      ++(answer.status == 200 ? answered : unavailable);
    });
  }

  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::vector<std::string> troubles_;  // guarded by mutex_
  Threads threads_;
};

TEST_F(IsolationUnderLoad, AHundredKillsUnderLoadDisconnectNobody) {
  const std::string apart = R"(, "isolation": "process", "restart_pause": "20ms")";
  const std::vector<std::string> plugins = {"stage-topic-prefix", "authenticator-token", "service-hello"};
  start({.shards = 2,
         .plugins = stage(apart + R"(, "fallback": "pass")") + "," +
                    example(plugins[1], R"(, "config": {"clients": [{"name": "boiler", "token": "s3cret"}]})" + apart) +
                    "," + example(plugins[2], apart),
         .listeners = http(R"("/hello": "service-hello")"),
         .space = kStaged,
         .authenticators = R"("authenticator-token")"});
  Load load(broker().port(), broker().port("http"));
  for (int kills = 0; kills < 100; ++kills) {
    const std::string& plugin = plugins[static_cast<std::size_t>(kills) % plugins.size()];
    // Not before it serves somebody, so that it is killed at work.
    const int before = load.published + load.admitted + load.answered;
    ASSERT_TRUE(eventually([&] {
      return is_up(plugin) && load.published + load.admitted + load.answered > before + 3;
    })) << plugin
        << '\n'
        << broker().output();
    const pid_t process = process_of(plugin);
    ASSERT_NE(process, 0) << plugin;
    ASSERT_EQ(::kill(process, SIGKILL), 0);
    ASSERT_TRUE(eventually([&] { return restarts() == kills + 1; })) << broker().output();
  }
  load.stop();
  for (const std::string& trouble : load.troubles()) ADD_FAILURE() << trouble;
  EXPECT_EQ(load.published, load.received);
  EXPECT_GT(load.answered, 0);
  EXPECT_GT(load.admitted, 0);
  EXPECT_GT(load.unavailable + load.refused, 0) << "nobody got a fallback";
  EXPECT_GE(fallbacks("request"), load.unavailable);
  EXPECT_EQ(restarts(), 100);
  for (const std::string& plugin : plugins) EXPECT_TRUE(eventually([&] { return is_up(plugin); })) << plugin;
}

}  // namespace
}  // namespace trellis::testing
