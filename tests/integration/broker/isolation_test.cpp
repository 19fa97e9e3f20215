// Plugins in processes of their own: they do what they do in the broker, and when they end, hang or mean harm, nobody
// else notices more than the fallback.
#include <dirent.h>
#include <json/json.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "support/broker_config.hpp"
#include "support/command.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A process as /proc knows it.
struct Child {
  pid_t id;
  std::string name;  // the plugin's id, cut
};

// Children of the broker that have not ended.
std::vector<Child> children(pid_t parent) {
  std::vector<Child> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string number = entry.path().filename();
    if (number.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = text_of(entry.path() / "stat");
    const std::size_t close = stat.rfind(')');
    if (close == std::string::npos) continue;
    std::istringstream rest(stat.substr(close + 1));
    std::string state;
    pid_t of = 0;
    rest >> state >> of;
    const std::size_t open = stat.find('(') + 1;
    if (of == parent && state != "Z") found.push_back({std::stoi(number), stat.substr(open, close - open)});
  }
  return found;
}

// ---- the examples

struct Example {
  const char* folder;
  std::vector<std::string> plugins;
};

class ExamplesApart : public ::testing::TestWithParam<Example> {};

// Isolation is set in the file alone; the example's script and what it expects are as they are.
TEST_P(ExamplesApart, DoWhatTheyDoInTheBroker) {
  for (const char* isolation : {"none", "process"}) {
    const TemporaryDirectory copy;
    const fs::path folder = fs::path(copy.path()) / "example";
    fs::copy(fs::path(TRELLIS_EXAMPLES) / GetParam().folder, folder, fs::copy_options::recursive);
    fs::copy(fs::path(TRELLIS_EXAMPLES) / "broker.bash", copy.path());
    Json::Value config;
    std::ifstream(folder / "trellis.json") >> config;
    for (const std::string& plugin : GetParam().plugins) config["plugins"][plugin]["isolation"] = isolation;
    std::ofstream(folder / "trellis.json") << config;
    const auto result =
        run_command({"bash", folder / "run.sh", TRELLIS_EXAMPLE_PLUGINS}, "", {"TRELLIS_BIN=" + trellis_program()});
    EXPECT_EQ(result.code, 0) << isolation << '\n' << result.describe();
    EXPECT_NE(result.out.find("as expected:"), std::string::npos) << isolation;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ExamplesApart,
                         ::testing::Values(Example{"01-stage-topic-prefix", {"stage-topic-prefix"}},
                                           Example{"02-predicate-number", {"predicate-number", "handler-lines"}},
                                           Example{"03-handler-lines", {"handler-lines"}},
                                           Example{"04-service-hello", {"service-hello"}},
                                           Example{"05-authenticator-token", {"authenticator-token"}},
                                           Example{"06-layer-meter", {"layer-meter"}}),
                         [](const auto& of) {
                           std::string name = of.param.folder;
                           std::erase(name, '-');
                           return "Example" + name;
                         });

// ---- a site with isolated plugins

class Isolation : public SiteTest {
 protected:
  static std::string example(const std::string& plugin, const std::string& more = "") {
    return "\"" + plugin + R"(": {"file": ")" + TRELLIS_EXAMPLE_PLUGINS + "/" + plugin + R"(.so")" + more + "}";
  }
  static std::string stage(const std::string& more = R"(, "isolation": "process", "fallback": "pass")") {
    return example("stage-topic-prefix", R"(, "config": {"prefix": "good/"})" + more);
  }
  static std::string probe(const std::string& name) {
    return "\"" + name + R"(": {"file": ")" + test_plugins() + "/" + name +
           R"(.so", "isolation": "process", "restart_pause": "20ms"})";
  }
  static std::string http(const std::string& services) {
    return R"({"name": "http", "address": "127.0.0.1:0", "protocol": "transport-http", "services": {)" + services +
           "}},";
  }
  static constexpr const char* kStaged = R"("stages": {"publish": ["stage-topic-prefix"]})";

  // What passes finds nobody, which publishers are told.
  static bool dropped(RawClient& publisher) {
    return publisher.publish({.topic = "bad/to-nobody", .qos = 1})->reason == 0;
  }
  // Each of its threads by itself comes to a halt.
  static void halt(pid_t process) {
    ASSERT_EQ(::kill(process, SIGSTOP), 0);
    const auto halted = [&] {
      for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
        if (text_of(task.path() / "stat").find(") T ") == std::string::npos) return false;
      }
      return true;
    };
    ASSERT_TRUE(eventually(halted));
  }

  std::vector<Child> processes() { return children(broker().process().pid()); }
  pid_t process_of(const std::string& plugin) {
    for (const Child& child : processes()) {
      if (child.name == plugin.substr(0, 15)) return child.id;
    }
    return 0;
  }
  bool is_up(const std::string& plugin) {
    return metrics().sum("trellis_plugin_process_up", "plugin=\"" + plugin + "\"") == 1;
  }
  double restarts() { return metrics().sum("trellis_plugin_process_restarts_total"); }
  double fallbacks(const std::string& hook) {
    return metrics().sum("trellis_plugin_fallbacks_total", "hook=\"" + hook + "\"");
  }
};

TEST_F(Isolation, RunsBesideTheBrokerAndEndsWithIt) {
  start({.plugins = stage(), .space = kStaged});
  EXPECT_EQ(processes().size(), 1u);
  auto client = connected();
  EXPECT_TRUE(dropped(client));
  const pid_t child = process_of("stage-topic-prefix");
  ASSERT_NE(child, 0);
  EXPECT_EQ(terminate(), 0);
  EXPECT_NE(::kill(child, 0), 0) << "it outlived the broker";
}

TEST_F(Isolation, EndsWithABrokerThatIsKilled) {
  start({.plugins = stage(), .space = kStaged});
  const pid_t child = process_of("stage-topic-prefix");
  ASSERT_NE(child, 0);
  broker().process().signal(SIGKILL);
  EXPECT_TRUE(eventually([&] {
    return ::kill(child, 0) != 0 ||
           text_of("/proc/" + std::to_string(child) + "/stat").find(") Z") != std::string::npos;
  }));
  broker().start_again(SIGKILL);
}

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

TEST_F(Isolation, AHundredKillsUnderLoadDisconnectNobody) {
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

TEST_F(Isolation, WhoHangsCostsOneDeadlineAndIsReplaced) {
  start({.plugins = stage(R"(, "isolation": "process", "fallback": "pass", "deadline": "300ms")"), .space = kStaged});
  auto client = connected();
  auto other = connected();
  client.subscribe({{.filter = "bad/first", .qos = 0}});
  EXPECT_TRUE(dropped(other));
  const pid_t process = process_of("stage-topic-prefix");
  halt(process);
  const auto begun = Clock::now();
  other.publish({.topic = "bad/first", .payload = "1", .qos = 1});
  const auto first = Clock::now() - begun;
  for (int i = 0; i < 20; ++i) other.publish({.topic = "bad/more", .payload = "2", .qos = 1});
  const auto more = Clock::now() - begun - first;
  EXPECT_GE(first, std::chrono::milliseconds(250));
  EXPECT_LT(first, std::chrono::seconds(5));
  EXPECT_LT(more, first * 20) << "each of them waited";
  EXPECT_EQ(client.expect(PacketType::publish).topic, "bad/first");  // passed, as the fallback says
  EXPECT_GE(metrics().sum("trellis_plugin_process_timeouts_total"), 1);
  EXPECT_GE(fallbacks("on_messages"), 21);
  // Whoever does not come back is ended.
  EXPECT_TRUE(eventually([&] { return restarts() == 1; })) << broker().output();
  EXPECT_TRUE(eventually([&] { return dropped(other); }));
}

TEST_F(Isolation, WhoComesBackInTimeGoesOn) {
  start({.plugins = stage(R"(, "isolation": "process", "fallback": "pass", "deadline": "20ms")"), .space = kStaged});
  auto client = subscribed(Version::v5, {.filter = "bad/x"});
  auto publisher = connected();
  const pid_t process = process_of("stage-topic-prefix");
  halt(process);
  publisher.publish({.topic = "bad/x", .payload = "meanwhile", .qos = 1});
  client.expect_publish("meanwhile");
  ASSERT_EQ(::kill(process, SIGCONT), 0);
  EXPECT_TRUE(eventually([&] { return dropped(publisher); }));
  EXPECT_EQ(process_of("stage-topic-prefix"), process);
  EXPECT_EQ(restarts(), 0);
}

TEST_F(Isolation, WhoWritesOverTheRingsIsEndedAndNobodyElse) {
  start({.plugins = probe("service-probe-allowed"), .listeners = http(R"("/probe": "service-probe-allowed")")});
  auto bystander = connected();
  for (int times = 1; times <= 3; ++times) {
    EXPECT_EQ(http_get(broker().port("http"), "/probe/scribble").status, 503);
    EXPECT_TRUE(eventually([&] { return restarts() == times; })) << broker().output();
    EXPECT_TRUE(eventually([&] { return http_get(broker().port("http"), "/probe/id").status == 200; }));
  }
  bystander.expect_nothing();
}

TEST_F(Isolation, WhoAbortsLeavesARequestWithAnAnswer) {
  start({.plugins = probe("service-probe"), .listeners = http(R"("/probe": "service-probe")")});
  EXPECT_EQ(http_get(broker().port("http"), "/probe/abort").status, 503);
  EXPECT_TRUE(eventually([&] { return http_get(broker().port("http"), "/probe/id").status == 200; }));
  EXPECT_NE(broker().output().find("signal 6"), std::string::npos) << broker().output();
}

TEST_F(Isolation, APluginCanDoWhatItSaidAndNoMore) {
  start({.plugins = probe("service-probe") + "," + probe("service-probe-allowed"),
         .listeners = http(R"("/none": "service-probe", "/some": "service-probe-allowed")")});
  HttpClient client(broker().port("http"));
  EXPECT_EQ(client.get("/none/read").body, "EPERM");
  EXPECT_EQ(client.get("/none/socket").body, "EPERM");
  EXPECT_EQ(client.get("/none/kill").body, "EPERM");
  EXPECT_EQ(client.get("/some/read").body, "ok");
  EXPECT_EQ(client.get("/some/socket").body, "ok");
  EXPECT_EQ(client.get("/some/kill").body, "EPERM");
  EXPECT_NE(client.get("/none/id").body, std::to_string(broker().process().pid()));
}

TEST_F(Isolation, WithoutItNothingIsForbidden) {
  start({.plugins = R"("service-probe": {"file": ")" + test_plugins() + R"(/service-probe.so"})",
         .listeners = http(R"("/none": "service-probe")")});
  HttpClient client(broker().port("http"));
  EXPECT_EQ(client.get("/none/read").body, "ok");
  EXPECT_EQ(client.get("/none/id").body, std::to_string(broker().process().pid()));
  EXPECT_TRUE(processes().empty());
}

TEST_F(Isolation, ReloadedIntoAProcessAndBackUnderLoadNothingIsLost) {
  const Site within{.shards = 2, .plugins = stage(""), .space = kStaged};
  const Site apart{.shards = 2, .plugins = stage(), .space = kStaged};
  start(within);
  std::atomic<bool> ending{false};
  std::atomic<int> sent{0};
  std::string trouble;
  auto subscriber = subscribed(Version::v5, {.filter = "good/#", .qos = 1});
  auto publisher = connected();
  std::thread load([&] {
    try {
      while (!ending) {
        const std::string payload = std::to_string(++sent);
        publisher.publish({.topic = "good/x", .payload = payload, .qos = 1});
        subscriber.acknowledge(subscriber.expect_publish(payload));
      }
    } catch (const std::exception& error) {
      trouble = error.what();
    }
  });
  for (int round = 0; round < 5; ++round) {
    for (const Site* site : {&apart, &within}) {
      const int before = sent;
      EXPECT_TRUE(reload(*site));
      EXPECT_TRUE(eventually([&] { return sent > before + 10 || !trouble.empty(); }));
    }
  }
  ending = true;
  load.join();
  EXPECT_EQ(trouble, "") << broker().output();
}

TEST_F(Isolation, ADrainedPluginsProcessEnds) {
  start({.limits = R"("drain": "100ms")", .plugins = stage(), .space = kStaged});
  EXPECT_EQ(processes().size(), 1u);
  EXPECT_TRUE(reload({.limits = R"("drain": "100ms")", .plugins = stage(""), .space = kStaged}));
  EXPECT_TRUE(eventually([&] { return processes().empty(); }));
}

}  // namespace
}  // namespace trellis::testing
