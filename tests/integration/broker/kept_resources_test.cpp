// Resources made by requests outlive the process, those of files come from their files.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "json.hpp"
#include "support/command.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kKeptToken = "write-token-0123456789";

class KeptResources : public SiteTest {
 protected:
  void SetUp() override { start(with_free_space("0B")); }
  static Site with_free_space(const std::string& bytes) {
    return {.shards = 2,
            .plugins = R"("store-journal": {"config": {"path": "store", "free_space": ")" + bytes + R"("}},
                         "service-machines": {"file": ")" +
                       test_plugins() + R"(/service-machines.so"},
                         "service-management": {"config": {"tokens": [{"name": "ops", "token": ")" +
                       kKeptToken + R"(", "permissions": "write"}]}})",
            .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                            "services": {"/": "service-machines", "/management": "service-management"}},)",
            .root = R"("store": "store-journal")"};
  }
  CommandResult ctl(std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), "ctl");
    const std::string url = "http://127.0.0.1:" + std::to_string(broker().port("web")) + "/management";
    return trellis(words, input, {"TRELLIS_SERVER=" + url, std::string("TRELLIS_TOKEN=") + kKeptToken});
  }
  Json::Value machine(const std::string& name) { return parse_json(ctl({"get", "machines", name, "-o", "json"}).out); }
};

TEST_F(KeptResources, SurviveACrashWithTheirTimes) {
  ASSERT_EQ(ctl({"put", "halls", "north", "-f", "-"}, "{}").code, 0);
  ASSERT_EQ(ctl({"put", "machines", "press", "power=3"}).code, 0);
  ASSERT_EQ(ctl({"patch", "machines", "press", "hall=north"}).code, 0);
  ASSERT_EQ(ctl({"put", "machines", "mill", "power=4"}).code, 0);
  ASSERT_EQ(ctl({"delete", "machines", "mill"}).code, 0);
  const Json::Value before = machine("press");
  for (const int signal : {SIGKILL, SIGTERM}) {
    broker().start_again(signal);
    const Json::Value after = machine("press");
    EXPECT_EQ(after["properties"], before["properties"]);
    EXPECT_EQ(after["systemData"]["createdAt"], before["systemData"]["createdAt"]);
    EXPECT_EQ(after["systemData"]["lastModifiedAt"], before["systemData"]["lastModifiedAt"]);
    EXPECT_EQ(ctl({"get", "machines", "mill"}).code, 1) << "what was deleted stays away";
    EXPECT_THAT(ctl({"delete", "halls", "north"}).err, HasSubstr("machines/press names it"));
  }
}

TEST_F(KeptResources, OfWhatWasAnsweredNothingIsMissingAfterACrash) {
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 5; ++i) {
      const std::string name = "m-" + std::to_string(round) + "-" + std::to_string(i);
      ASSERT_EQ(ctl({"put", "machines", name, "power=" + std::to_string(i)}).code, 0);
    }
    broker().start_again(SIGKILL);
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(machine("m-" + std::to_string(round) + "-" + std::to_string(i))["properties"]["power"], i);
    }
  }
}

TEST_F(KeptResources, AreRefusedWhileTheStoreTakesNothing) {
  start(with_free_space("1000TB"));
  CommandResult result;
  // A moment passes until the store has measured its disk.
  ASSERT_TRUE(eventually([&] {
    result = ctl({"put", "machines", "press", "power=3"});
    return result.code != 0;
  }));
  EXPECT_THAT(result.err, HasSubstr("the store takes nothing at the time, so nothing was changed"));
  HttpClient client(broker().port("web"));
  client.send("PUT /management/namespaces/default/machines/mill HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
              std::string(kKeptToken) +
              "\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n"
              R"({"properties":{"power":3}})");
  const HttpAnswer answer = client.receive();
  EXPECT_EQ(answer.status, 503) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("StoreUnavailable"));
  EXPECT_THAT(answer.head, HasSubstr("retry-after: 1"));
  EXPECT_EQ(ctl({"get", "machines", "mill"}).code, 1) << "nothing was changed";
}

TEST_F(KeptResources, ThatTheFilesTakeOverAreTheirs) {
  ASSERT_EQ(ctl({"put", "machines", "press", "power=3"}).code, 0);
  std::filesystem::create_directory(broker().directory() + "/resources");
  write("resources/machines.json", R"({"machines": {"press": {"power": 5}}})");
  broker().start_again(SIGKILL);
  EXPECT_EQ(machine("press")["properties"]["power"], 5);
  std::filesystem::remove(broker().directory() + "/resources/machines.json");
  broker().start_again(SIGTERM);
  EXPECT_EQ(ctl({"get", "machines", "press"}).code, 1) << "the files had it last, and they do not any more";
}

}  // namespace
}  // namespace trellis::testing
