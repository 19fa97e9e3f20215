// "profile": "event-grid": how many there may be of everything, and what holds for sessions where nobody says it.
#include "site.hpp"

namespace topic_spaces {
namespace {

constexpr std::string_view kQuery = R"({"query": "attributes.a = 1"})";
constexpr std::string_view kTemplates = R"({"topicTemplates": ["a"]})";
constexpr std::string_view kBinding =
    R"({"clientGroupName": "$all", "topicSpaceName": "s-0", "permission": "Publisher"})";

class EventGridProfile : public testing::Test {
 protected:
  /// How many of a type there may be, tried with one too many; `prefix` begins their names.
  void expect_most(const std::string& type, const std::string& prefix, std::string_view properties, int most) {
    std::vector<std::pair<std::string, std::string>> all;
    for (int i = 0; i < most; ++i) all.emplace_back(type + '/' + prefix + std::to_string(i), properties);
    EXPECT_EQ(host.put_resources(all), "");
    const std::string why = host.put_resource(type, prefix + "more", properties);
    EXPECT_NE(why.find("at most " + std::to_string(most) + ' ' + type), std::string::npos) << why;
  }
  trellis::ClientLimits limits_with(std::string_view settings) {
    EXPECT_EQ(host.put_resource("namespaces", "default", settings), "");
    return authorizer.admit({.name = "c"}).limits;
  }

  trellis::testing::TestHost host;
  trellis::testing::AuthorizerDriver authorizer = host.load<TopicSpaces>(R"({"profile": "event-grid"})");
};

TEST_F(EventGridProfile, TenClientGroups) { expect_most("clientGroups", "g-", kQuery, 10); }

TEST_F(EventGridProfile, TenTopicSpaces) { expect_most("topicSpaces", "s-", kTemplates, 10); }

TEST_F(EventGridProfile, TenTemplatesInATopicSpace) {
  std::string ten = R"("a/0")";
  for (int i = 1; i < 10; ++i) ten += R"(,"a/)" + std::to_string(i) + '"';
  EXPECT_EQ(host.put_resource("topicSpaces", "ten", R"({"topicTemplates": [)" + ten + "]}"), "");
  EXPECT_NE(host.put_resource("topicSpaces", "more", R"({"topicTemplates": [)" + ten + R"(,"a/10"]})"), "");
}

TEST_F(EventGridProfile, HundredPermissionBindings) {
  EXPECT_EQ(host.put_resource("topicSpaces", "s-0", kTemplates), "");
  expect_most("permissionBindings", "b-", kBinding, 100);
}

TEST_F(EventGridProfile, TenThousandRegisteredClients) { expect_most("clients", "c-", "{}", 10'000); }

TEST_F(EventGridProfile, SessionsLastAnHourWhereTheNamespaceDoesNotSayHowLong) {
  EXPECT_EQ(limits_with("{}").session_expiry_s, 3600u);
  EXPECT_EQ(limits_with(R"({"topicSpacesConfiguration": {"maximumSessionExpiryInHours": 8}})").session_expiry_s,
            8u * 3600);
}

TEST_F(EventGridProfile, HoldsWhereNothingIsSaidAboutTheNamespace) {
  const trellis::ClientLimits limits = authorizer.admit({.name = "c"}).limits;
  EXPECT_EQ(limits.session_expiry_s, 3600u);
  EXPECT_EQ(limits.sessions, 1u);
}

TEST_F(EventGridProfile, SessionsLastEightHoursAtMost) {
  const std::string why =
      host.put_resource("namespaces", "default", R"({"topicSpacesConfiguration": {"maximumSessionExpiryInHours": 9}})");
  EXPECT_NE(why.find("/topicSpacesConfiguration/maximumSessionExpiryInHours"), std::string::npos) << why;
  EXPECT_NE(why.find("at most 8"), std::string::npos) << why;
}

TEST_F(EventGridProfile, ANameHasOneSessionWhereTheNamespaceDoesNotSayHowMany) {
  EXPECT_EQ(limits_with("{}").sessions, 1u);
  EXPECT_EQ(
      limits_with(R"({"topicSpacesConfiguration": {"maximumClientSessionsPerAuthenticationName": 100}})").sessions,
      100u);
}

TEST(EventGridProfileBeside, WhatIsSetWins) {
  trellis::testing::TestHost host;
  host.load<TopicSpaces>(R"({"profile": "event-grid", "client_groups": 11})");
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(host.put_resource("clientGroups", "g-" + std::to_string(i), kQuery), "");
  }
  EXPECT_NE(host.put_resource("clientGroups", "more", kQuery), "");
}

TEST(DefaultProfile, LeavesSessionsToTheTransportAndHasRoom) {
  trellis::testing::TestHost host;
  auto authorizer = host.load<TopicSpaces>();
  EXPECT_EQ(host.put_resource("namespaces", "default", "{}"), "");
  EXPECT_EQ(authorizer.admit({.name = "c"}).limits.session_expiry_s, 0u);
  EXPECT_EQ(authorizer.admit({.name = "c"}).limits.sessions, 0u);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(host.put_resource("clientGroups", "g-" + std::to_string(i), kQuery), "");
  }
}

}  // namespace
}  // namespace topic_spaces
