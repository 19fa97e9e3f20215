#include "query.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace mqtt_http {
namespace {

std::optional<Problem> read(std::string_view text, Query& query) {
  return Query::read(text, {"topic", "topicFilter"}, "topicFilter", query);
}

TEST(MqttHttpQuery, KeepsAPlusAsItIs) {
  Query query;
  EXPECT_FALSE(read("topic=a%20b&&api-version=1&topicFilter=a/+/b&topicFilter=%2B/%23", query));
  EXPECT_EQ(query.find("topic"), "a b");
  EXPECT_EQ(query.all("topicFilter"), (std::vector<std::string>{"a/+/b", "+/#"}));
  EXPECT_FALSE(query.find("api-version"));
}

TEST(MqttHttpQuery, RefusesWhatIsUnknownTwiceOrBroken) {
  const auto refused = [](std::string_view text) {
    Query query;
    return read(text, query).has_value();
  };
  EXPECT_TRUE(refused("nonsense=1"));
  EXPECT_TRUE(refused("topic=a&topic=b"));
  EXPECT_TRUE(refused("topic=%zz"));
  EXPECT_TRUE(refused("topic=%2"));
  std::string many;
  for (int i = 0; i < 101; ++i) many += "topicFilter=a&";
  EXPECT_TRUE(refused(many)) << "what one query makes us keep is bounded";
}

TEST(MqttHttpQuery, NumbersAreWhole) {
  EXPECT_EQ(read_number("17"), 17U);
  for (const char* const text : {"", "-1", "+1", "1.0", "1 ", "0x1", "99999999999999999999"}) {
    EXPECT_FALSE(read_number(text)) << text;
  }
}

TEST(MqttHttpContinuation, SurvivesItsToken) {
  const Continuation from{"a/+/#", "a/\xC3\xA4:7/b"};
  const auto read = Continuation::read(from.token());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->filter, from.filter);
  EXPECT_EQ(read->topic, from.topic);
  EXPECT_EQ(from.token().find_first_of("+/=&%"), std::string::npos) << "it stands in a query as it is";
}

TEST(MqttHttpContinuation, OthersAreRefused) {
  for (const char* const token : {"", "!", "MTphYg+", "YWI", "OTphYg", "LTE6YWI", "MjphIw", "MDph"}) {
    EXPECT_FALSE(Continuation::read(token)) << token;
  }
}

TEST(MqttHttpOrder, IsLevelByLevel) {
  std::vector<std::string> topics{"a b", "b", "a", "a/b", "a/b/c", "a/a", "a//x", ""};
  std::sort(topics.begin(), topics.end(), [](const auto& a, const auto& b) { return comes_before(a, b); });
  EXPECT_EQ(topics, (std::vector<std::string>{"", "a", "a//x", "a/a", "a/b", "a/b/c", "a b", "b"}));
  EXPECT_FALSE(comes_before("a", "a"));
}

}  // namespace
}  // namespace mqtt_http
