// The access keys of a namespace: listed, and made anew.
#include "common/base64/base64.hpp"
#include "fixture.hpp"

namespace management {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Declares access keys as the service for events does.
class KeyHolder final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "key-holder", .version = "1.0.0", .wants = {TRELLIS_HOST_RESOURCES}};

  trellis::Result<void> configure(const trellis::Config&) override {
    return declare_resources(*this,
                             {.name = "accessKeys",
                              .schema = trellis::Schema{}.text("key", {.required = true}).text("description").json(),
                              .most = 2});
  }
  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text("keys"); }
};

class ManagementKeys : public ManagementTest {
 protected:
  ManagementKeys() : keys_(host_.load<KeyHolder>()) {}

  ResponseSample regenerate(const std::string& body, std::string_view token = kWriter) {
    return ask("POST", "/namespaces/default/regenerateKey", body, {}, token);
  }
  ResponseSample list(std::string_view token = kWriter) {
    return ask("POST", "/namespaces/default/listKeys", "", {}, token);
  }

  trellis::testing::ServiceDriver keys_;
};

TEST_F(ManagementKeys, AreListedWithNullForOneThatIsNotThere) {
  EXPECT_EQ(list().body, R"({"key1":null,"key2":null})");
  EXPECT_EQ(host_.put_resource("accessKeys", "key2", R"({"key": "c2VjcmV0"})"), "");
  const auto listed = list();
  EXPECT_EQ(listed.status, 200u);
  EXPECT_EQ(listed.body, R"({"key1":null,"key2":"c2VjcmV0"})");
  EXPECT_EQ(ask("POST", "/namespaces/default/listkeys").status, 200u);
}

TEST_F(ManagementKeys, AreMadeAnewOneByOne) {
  const auto first = json(regenerate(R"({"keyName": "key1"})"));
  const std::string key = first.text("key1");
  EXPECT_EQ(common::from_base64(key)->size(), 32u);
  const auto second = regenerate(R"({"keyName": "Key2"})");
  EXPECT_EQ(second.status, 200u);
  EXPECT_EQ(json(second).text("key1"), key);
  EXPECT_NE(json(second).text("key2"), key);
  EXPECT_NE(json(regenerate(R"({"keyName": "key1"})")).text("key1"), key);
  EXPECT_EQ(host_.metric("trellis_management_changes_total", "change=\"created\""), 2);
  EXPECT_EQ(host_.metric("trellis_management_changes_total", "change=\"changed\""), 1);
}

TEST_F(ManagementKeys, KeepTheirDescription) {
  EXPECT_EQ(host_.put_resource("accessKeys", "key1", R"({"key": "c2VjcmV0", "description": "since \"March\""})"), "");
  EXPECT_NE(json(regenerate(R"({"keyName": "key1"})")).text("key1"), "c2VjcmV0");
  EXPECT_EQ(json(get("/namespaces/default/accessKeys/key1")).object("properties").text("description"),
            "since \"March\"");
}

TEST_F(ManagementKeys, AreForTokensThatMayWrite) {
  EXPECT_EQ(list(kReader).status, 403u);
  EXPECT_EQ(regenerate(R"({"keyName": "key1"})", kReader).status, 403u);
  EXPECT_EQ(list("").status, 401u);
  EXPECT_EQ(list().body, R"({"key1":null,"key2":null})");
  EXPECT_EQ(get("/namespaces/default/listKeys").status, 405u);
  EXPECT_EQ(ask("POST", "/namespaces/moon/listKeys").status, 404u);
}

TEST_F(ManagementKeys, AreNamedKey1AndKey2) {
  for (const char* body : {R"({"keyName": "key3"})", R"({"keyName": 1})", R"({"keyName": "key1", "x": 1})", "{}"}) {
    const auto answer = regenerate(body);
    EXPECT_EQ(answer.status, 400u) << body;
    EXPECT_THAT(message(answer), HasSubstr(R"({"keyName": "key1"})")) << body;
  }
}

TEST_F(ManagementKeys, AreInNoLog) {
  const std::string key = json(regenerate(R"({"keyName": "key1"})")).text("key1");
  ASSERT_FALSE(key.empty());
  for (const auto& line : host_.logs()) {
    std::string all = line.text;
    for (const auto& [name, value] : line.fields) all += ' ' + name + '=' + value;
    EXPECT_THAT(all, Not(HasSubstr(key)));
  }
  EXPECT_TRUE(host_.logged("resource changed"));
}

class ManagementWithoutKeys : public ManagementTest {};

TEST_F(ManagementWithoutKeys, SaysWhoWouldDeclareThem) {
  for (const char* path : {"/namespaces/default/listKeys", "/namespaces/default/regenerateKey"}) {
    const auto answer = ask("POST", path, R"({"keyName": "key1"})");
    EXPECT_EQ(answer.status, 404u);
    EXPECT_EQ(code(answer), "ResourceTypeNotFound");
    EXPECT_THAT(message(answer), HasSubstr("as service-events does"));
  }
}

}  // namespace
}  // namespace management
