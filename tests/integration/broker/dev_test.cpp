// `trellis dev`: one word, and a newcomer has a broker and knows what to try.
#include <fstream>
#include <regex>

#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Dev : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(const std::vector<std::string>& more) {
    std::vector<std::string> words{trellis_program(), "dev", "--port", "0", "--http-port", "0"};
    words.insert(words.end(), more.begin(), more.end());
    broker_ = std::make_unique<ChildProcess>(words);
    ASSERT_TRUE(broker_->wait_for_output(
        [](const std::string& text) { return text.find("Stop with Ctrl-C") != std::string::npos; },
        std::chrono::seconds(20)))
        << broker_->output();
  }
  std::uint16_t port(const std::string& listener) {
    const auto text = broker_->output();
    std::smatch found;
    const std::regex line("listening " + listener + " 127\\.0\\.0\\.1:([0-9]+)\n");
    if (!std::regex_search(text, found, line)) throw std::runtime_error("no port of " + listener + " in\n" + text);
    return static_cast<std::uint16_t>(std::stoul(found[1]));
  }
  std::unique_ptr<ChildProcess> broker_;
};

class DevEvents : public Dev {
  void SetUp() override { start({"--events"}); }
};

TEST_F(Dev, HintsNameThePortsThatWereTaken) {
  const auto text = broker_->output();
  EXPECT_NE(text.find("mosquitto_sub -h 127.0.0.1 -p " + std::to_string(port("mqtt"))), std::string::npos) << text;
  EXPECT_NE(text.find("curl http://127.0.0.1:" + std::to_string(port("http")) + "/metrics"), std::string::npos);
  EXPECT_EQ(text.find('{'), std::string::npos) << "a placeholder was not filled in:\n" << text;
}

TEST_F(Dev, AnonymousClientsExchangeMessages) {
  RawClient subscriber(port("mqtt"));
  subscriber.connect({.client_id = "s"});
  subscriber.subscribe({{.filter = "hello/#", .qos = 2}});
  RawClient publisher(port("mqtt"), Version::v311);
  publisher.connect({.client_id = "p"});
  publisher.publish({.topic = "hello/world", .payload = "it works", .qos = 2});
  subscriber.expect_publish("it works");
}

TEST_F(Dev, CredentialsItNamesAreGoodAndOthersAreNot) {
  ASSERT_NE(broker_->output().find("user \"dev\", password \"dev\""), std::string::npos) << broker_->output();
  RawClient right(port("mqtt"));
  EXPECT_EQ(right.connect({.client_id = "r", .username = "dev", .password = "dev"}).reason, 0);
  RawClient wrong(port("mqtt"));
  wrong.send_connect({.client_id = "w", .username = "dev", .password = "guess"});
  wrong.expect_refused({0x86});
}

TEST_F(Dev, IsManagedWithTheTokenItNames) {
  ASSERT_NE(broker_->output().find("TRELLIS_TOKEN=for-trying-out-only"), std::string::npos) << broker_->output();
  const auto namespaces = trellis({"ctl", "namespaces"}, "",
                                  {"TRELLIS_SERVER=http://127.0.0.1:" + std::to_string(port("http")) + "/management",
                                   "TRELLIS_TOKEN=for-trying-out-only"});
  EXPECT_EQ(namespaces.out, "default\n") << namespaces.describe();
}

// The hints are run as they stand, in a shell.
TEST_F(DevEvents, ArePublishedAndReceivedAsItSays) {
  const std::string text = broker_->output();
  const std::size_t begin = text.find("  curl -X POST");
  const std::size_t end = text.find("Or look at it");
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << text;
  const auto ran = run_command({"sh", "-c", text.substr(begin, end - begin)});
  EXPECT_EQ(ran.code, 0) << ran.describe();
  EXPECT_NE(ran.out.find(R"("type":"hello")"), std::string::npos) << ran.describe();
  EXPECT_NE(ran.out.find(R"("data":"it works")"), std::string::npos) << ran.describe();
  EXPECT_NE(ran.out.find(R"("deliveryCount":1)"), std::string::npos) << ran.describe();
}

TEST_F(DevEvents, AreForWhoKnowsTheKey) {
  const std::string url = "http://127.0.0.1:" + std::to_string(port("http"));
  const auto ctl = [&](const std::string& key, std::vector<std::string> words) {
    words.insert(words.begin(), "ctl");
    return trellis(words, "", {"TRELLIS_EVENTS=" + url, "TRELLIS_EVENTS_KEY=" + key});
  };
  std::smatch key;
  const std::string text = broker_->output();
  ASSERT_TRUE(std::regex_search(text, key, std::regex("TRELLIS_EVENTS_KEY=(\\S+)\n"))) << text;
  EXPECT_EQ(ctl(key[1], {"publish", "greetings"}).code, 0);
  EXPECT_NE(ctl(key[1], {"receive", "greetings/all", "--ack"}).out.find("trellis.ctl id="), std::string::npos);
  EXPECT_EQ(ctl("bm90IHRoaXMga2V5LCBzb3JyeQ==", {"publish", "greetings"}).code, 1);
}

TEST_F(Dev, MetricsAndHealthAnswer) {
  EXPECT_EQ(http_get(port("http"), "/healthz").status, 200);
  EXPECT_EQ(http_get(port("http"), "/readyz").status, 200);
  EXPECT_EQ(Metrics::of(port("http")).sum("trellis_mqtt_connections"), 0);
}

TEST_F(Dev, PortInUseIsNamed) {
  const auto taken = std::to_string(port("mqtt"));
  const auto result = trellis({"dev", "--port", taken, "--http-port", "0"});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("127.0.0.1:" + taken), std::string::npos) << result.err;
}

TEST_F(Dev, ReloadChangesNothingAndSaysSo) {
  broker_->signal(SIGHUP);
  EXPECT_TRUE(broker_->wait_for_output(
      [](const std::string& text) { return text.find("reloaded plugins_started=0") != std::string::npos; },
      std::chrono::seconds(20)));
  RawClient client(port("mqtt"));
  client.connect({.client_id = "c"});
}

TEST_F(Dev, EndsAtCtrlC) {
  broker_->signal(SIGINT);
  EXPECT_EQ(broker_->wait(std::chrono::seconds(20)), 0) << broker_->output();
}

}  // namespace
}  // namespace trellis::testing
