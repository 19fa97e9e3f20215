// Answers that are remembered, which ones, and for how long.
#include "fixture.hpp"

namespace webhook {
namespace {

using namespace webhook::testing;

class Memory : public WebhookTest {
 protected:
  static constexpr const char* kRemembers = R"({"remembered_answers": 2, "remembered_for": "1m"})";
  const Client client_{.client_id = "c1", .username = "ada", .password = "secret", .certificates = {"leaf"}};
};

TEST_F(Memory, IsOffUnlessSet) {
  const auto plugin = load();
  EXPECT_EQ(judged(plugin, http(200, kAllow), client_).verdict, AuthVerdict::allow);
  EXPECT_EQ(plugin.connect(client_).verdict(), AuthVerdict::pending);
}

TEST_F(Memory, WhoComesBackIsAnsweredAtOnce) {
  const auto plugin = load(kRemembers);
  const std::string answer =
      R"({"decision": "allow", "clientAuthenticationName": "device-17", "attributes": {"floor": 3}})";
  EXPECT_EQ(judged(plugin, http(200, answer), client_).verdict, AuthVerdict::allow);
  const auto again = plugin.connect(client_);
  EXPECT_EQ(again.verdict(), AuthVerdict::allow);
  EXPECT_EQ(again.outcome().name, "device-17");
  EXPECT_EQ(again.outcome().attributes, (TextPairs{{"floor", "3"}}));
  EXPECT_TRUE(again.outcome().own_attributes);
  EXPECT_EQ(count("remembered"), 1);
  host_.advance(60s);
  EXPECT_EQ(plugin.connect(client_).verdict(), AuthVerdict::pending);
}

TEST_F(Memory, EverythingTheClientShowedCounts) {
  const auto plugin = load(kRemembers);
  EXPECT_EQ(judged(plugin, http(200, kAllow), client_).verdict, AuthVerdict::allow);
  std::vector<Client> others(8, client_);
  others[0].client_id = "c2";
  others[1].username = "eve";
  others[2].username.reset();
  others[3].password = "Secret";
  others[4].certificates = {"other"};
  others[5].certificates = {"leaf", "intermediate"};
  others[6].method = "M";
  others[7].method = "M";
  others[7].data = "x";
  for (const Client& other : others) EXPECT_EQ(plugin.connect(other).verdict(), AuthVerdict::pending);
  EXPECT_EQ(plugin.connect(client_).verdict(), AuthVerdict::allow);
}

TEST_F(Memory, WhoMayProveItselfAgainIsAlwaysAskedAbout) {
  const auto plugin = load(kRemembers);
  const Client client{.client_id = "c1", .method = "M", .data = "one"};
  EXPECT_EQ(judged(plugin, http(200, kAllow), client).verdict, AuthVerdict::allow);
  EXPECT_EQ(plugin.connect(client).verdict(), AuthVerdict::pending) << "a later verdict may be another one";
  EXPECT_EQ(count("remembered"), 0);
}

TEST_F(Memory, WhoIsDisabledIsRefusedWhateverIsRemembered) {
  const auto plugin = load(kRemembers);
  EXPECT_EQ(judged(plugin, http(200, kAllow), client_).verdict, AuthVerdict::allow);
  ASSERT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"device-17","state":"Disabled"})"), "");
  const auto again = plugin.connect(client_);
  EXPECT_EQ(again.verdict(), AuthVerdict::deny);
  EXPECT_EQ(again.outcome().status, Status::not_authorized);
  EXPECT_EQ(count("remembered"), 0);
  EXPECT_EQ(count("denied"), 1);
}

TEST_F(Memory, NeverOutlivesTheExpiration) {
  const auto plugin = load(kRemembers);
  const auto ends = host_.wall() / 1s + 30;
  const auto outcome = judged(plugin,
                              http(200, R"({"decision": "allow", "clientAuthenticationName": "a", "expiration": )" +
                                            std::to_string(ends) + "}"),
                              client_);
  EXPECT_EQ(outcome.verdict, AuthVerdict::allow);
  EXPECT_EQ(plugin.connect(client_).outcome().expires_at_ms, ends * 1000);
  host_.advance(30s);
  EXPECT_EQ(plugin.connect(client_).verdict(), AuthVerdict::pending);
}

TEST_F(Memory, DenialsAndFailuresAreForgotten) {
  const auto plugin = load(kRemembers);
  EXPECT_EQ(judged(plugin, http(200, kDeny), client_).verdict, AuthVerdict::deny);
  EXPECT_EQ(judged(plugin, http(500, ""), client_).status, Status::unavailable);
  EXPECT_EQ(plugin.connect(client_).verdict(), AuthVerdict::pending);
}

TEST_F(Memory, KeepsNoMoreThanItMay) {
  const auto plugin = load(kRemembers);
  for (const char* id : {"1", "2", "3"}) judged(plugin, http(200, kAllow), {.client_id = id});
  EXPECT_EQ(plugin.connect({.client_id = "1"}).verdict(), AuthVerdict::pending);
  EXPECT_EQ(plugin.connect({.client_id = "3"}).verdict(), AuthVerdict::allow);
}

TEST_F(Memory, AnotherEndpointIsAskedItself) {
  const auto plugin = load(kRemembers);
  EXPECT_EQ(judged(plugin, http(200, kAllow), client_).verdict, AuthVerdict::allow);
  ASSERT_EQ(put({}, "https://new.example.com"), "");
  EXPECT_EQ(plugin.connect(client_).verdict(), AuthVerdict::pending);
}

}  // namespace
}  // namespace webhook
