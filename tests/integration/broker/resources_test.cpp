// Resources of a running broker: from files at the start and by reloads, and from whoever calls.
#include <gmock/gmock.h>

#include <filesystem>

#include "support/command.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

class Resources : public SiteTest {
 protected:
  static Site site(const std::string& note = "") {
    return {.shards = 2,
            .plugins = R"("service-machines": {"file": ")" + test_plugins() +
                       R"(/service-machines.so", "config": {"note": ")" + note + R"("}})",
            .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-machines"}},)"};
  }
  /// A file of resources; the broker reads it at the next reload.
  void write_resources(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(broker().directory() + "/resources");
    write("resources/" + name, text);
  }
  std::string ask(const std::string& path) { return http_get(broker().port("web"), path).body; }
  std::string change(const std::string& method, const std::string& name, const std::string& body = "") {
    HttpClient client(broker().port("web"));
    client.send(method + " /" + name + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    return client.receive().body;
  }
  bool said(const std::string& text) {
    return eventually([&] { return broker().output().find(text) != std::string::npos; });
  }
};

TEST_F(Resources, ComeFromFilesAndGoWithThem) {
  start(site());
  EXPECT_EQ(ask("/"), "");
  write_resources("plant.json", R"({"halls": {"north": {}}, "machines": {"press": {"hall": "north"}, "mill": {}}})");
  ASSERT_TRUE(reload(site())) << broker().output();
  EXPECT_EQ(ask("/"), "mill{\"hall\":\"yard\",\"power\":1}*\npress{\"hall\":\"north\",\"power\":1}*\n");
  write_resources("plant.json", R"({"machines": {"press": {"power": 7}}})");
  ASSERT_TRUE(reload(site())) << broker().output();
  EXPECT_EQ(ask("/"), "press{\"hall\":\"yard\",\"power\":7}*\n");
  EXPECT_EQ(ask("/heard"), "start +north +mill +press -north -mill ~press ");
}

TEST_F(Resources, MistakesInFilesRefuseTheReload) {
  start(site());
  write_resources("plant.json", "{\n  \"machines\": {\"press\": {\"hall\": \"north\"}}}");
  EXPECT_FALSE(reload(site()));
  EXPECT_TRUE(said("plant.json:2:34: /machines/press/hall: halls/north is not there")) << broker().output();
  write_resources("plant.json", "{\n  \"tools\": {\"press/drill\": {}}}");
  EXPECT_FALSE(reload(site()));
  EXPECT_TRUE(said("plant.json:2:28: /tools/press~1drill: its parent machines/press is not there"))
      << broker().output();
  write_resources("plant.json", R"({"machines": {"press": {"power": 9001}}})");
  EXPECT_FALSE(reload(site()));
  EXPECT_TRUE(said("/machines/press/power: that is too much")) << broker().output();
  write_resources("plant.json", R"({"machine": {"press": {}}})");
  EXPECT_FALSE(reload(site()));
  EXPECT_TRUE(said("did you mean machines?")) << broker().output();
  EXPECT_EQ(ask("/"), "");
}

TEST_F(Resources, MayBeChangedByCalls) {
  start(site());
  EXPECT_EQ(change("PUT", "press", R"({"power": 3})"), "1 ");
  EXPECT_EQ(change("PUT", "mill", R"({"power": "much"})"), "5 \"much\" is text; expected a whole number");
  EXPECT_EQ(change("DELETE", "mill"), "4 machines/mill is not there");
  EXPECT_EQ(ask("/"), "press{\"hall\":\"yard\",\"power\":3}\n");
  write_resources("plant.json", R"({"machines": {"mill": {}}})");
  ASSERT_TRUE(reload(site())) << broker().output();
  EXPECT_EQ(ask("/"), "mill{\"hall\":\"yard\",\"power\":1}*\npress{\"hall\":\"yard\",\"power\":3}\n");
  EXPECT_THAT(change("DELETE", "mill"), HasSubstr("10 machines/mill stands in the resource files"));
  EXPECT_EQ(change("DELETE", "press"), "1 ");
}

TEST_F(Resources, AreKeptWhileTheirPluginIsReplaced) {
  start(site());
  EXPECT_EQ(change("PUT", "press", "{}"), "1 ");
  ASSERT_TRUE(reload(site("another"))) << broker().output();
  EXPECT_EQ(ask("/heard"), "start press ");
  EXPECT_EQ(change("PUT", "mill", "{}"), "1 ");
  EXPECT_EQ(ask("/heard"), "start press +mill ");
}

TEST_F(Resources, AreCheckedWithTheConfiguration) {
  start(site());
  write_resources("plant.json", R"({"machines": {"press": {"power": true}}})");
  const auto checked = trellis({"check", broker().directory() + "/trellis.json"});
  EXPECT_EQ(checked.code, kWrongConfiguration) << checked.describe();
  EXPECT_THAT(checked.describe(), HasSubstr("plant.json:1:34: error: /machines/press/power: "));
}

}  // namespace
}  // namespace trellis::testing
