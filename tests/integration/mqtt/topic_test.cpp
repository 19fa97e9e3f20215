// Topic names and filters: wildcards, levels, characters, and topics that begin with a dollar sign.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Topics : public VersionedTest {
 protected:
  // Whether a subscription to `filter` receives a message on `topic`; both get a prefix of their own.
  bool matches(const std::string& filter, const std::string& topic) {
    const auto prefix = unique(std::to_string(next_number()) + "/");
    auto subscriber = subscribed({.filter = prefix + filter});
    auto publisher = connected();
    publisher.publish({.topic = prefix + topic, .payload = "x"});
    return !drain(publisher, subscriber).empty();
  }
};
TRELLIS_ALL_VERSIONS(Topics);

TEST_P(Topics, SingleLevelWildcardStandsForOneLevel) {
  EXPECT_TRUE(matches("+", "a"));
  EXPECT_TRUE(matches("a/+", "a/b"));
  EXPECT_TRUE(matches("a/+", "a/"));
  EXPECT_TRUE(matches("+/b", "a/b"));
  EXPECT_TRUE(matches("a/+/c", "a/b/c"));
  EXPECT_TRUE(matches("+/+", "/b"));
  EXPECT_TRUE(matches("/+", "/b"));
  EXPECT_FALSE(matches("+", "/b"));
  EXPECT_FALSE(matches("+", "a/b"));
  EXPECT_FALSE(matches("a/+", "a"));
  EXPECT_FALSE(matches("a/+", "a/b/c"));
  EXPECT_FALSE(matches("a/+/c", "a/b/d"));
}

TEST_P(Topics, MultiLevelWildcardStandsForAnyNumberOfLevels) {
  EXPECT_TRUE(matches("#", "a"));
  EXPECT_TRUE(matches("#", "a/b/c"));
  EXPECT_TRUE(matches("a/#", "a"));
  EXPECT_TRUE(matches("a/#", "a/"));
  EXPECT_TRUE(matches("a/#", "a/b/c/d"));
  EXPECT_TRUE(matches("+/#", "a"));
  EXPECT_TRUE(matches("a/+/#", "a/b"));
  EXPECT_FALSE(matches("a/#", "b"));
  EXPECT_FALSE(matches("a/#", "ab"));
  EXPECT_FALSE(matches("a/+/#", "a"));
}

TEST_P(Topics, AreComparedCharacterByCharacter) {
  EXPECT_TRUE(matches("Accounts payable", "Accounts payable"));
  EXPECT_FALSE(matches("ACCOUNTS", "Accounts"));
  EXPECT_FALSE(matches("a", "/a"));
  EXPECT_FALSE(matches("a", "a/"));
  EXPECT_FALSE(matches("a/b", "a//b"));
  EXPECT_TRUE(matches("a//b", "a//b"));
  EXPECT_TRUE(matches("/", "/"));
  EXPECT_FALSE(matches("a", "a "));
}

TEST_P(Topics, AreNotNormalised) {
  const std::string composed = "caf\xC3\xA9", decomposed = "cafe\xCC\x81";
  EXPECT_TRUE(matches(composed, composed));
  EXPECT_TRUE(matches(decomposed, decomposed));
  EXPECT_FALSE(matches(composed, decomposed));
  EXPECT_FALSE(matches("a/../b", "b"));
  EXPECT_FALSE(matches("a%20b", "a b"));
}

TEST_P(Topics, KeepTheZeroWidthNoBreakSpace) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_TRUE(matches(mark + "a", mark + "a"));
  EXPECT_FALSE(matches("a", mark + "a"));
  EXPECT_FALSE(matches(mark + "a", "a"));
}

TEST_P(Topics, MayHoldAnyLegalCharacter) {
  for (const std::string text :
       {"\xF0\x9F\x8C\xBF", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBD", "\xED\x9F\xBF", "\xEE\x80\x80", "\"\\'<&>"})
    EXPECT_TRUE(matches(text, text)) << text;
}

TEST_P(Topics, MayHaveTheFullLength) {
  const auto head = unique("/");
  const std::string longest = head + std::string(65535 - head.size(), 'x');
  auto subscriber = subscribed({.filter = longest});
  auto publisher = connected();
  publisher.publish({.topic = longest, .payload = "long"});
  EXPECT_TRUE(subscriber.expect_publish("long").topic == longest);
}

TEST_P(Topics, MayHaveManyLevels) {
  std::string deep = "a";
  for (int i = 0; i < 100; ++i) deep += "/a";
  EXPECT_TRUE(matches(deep, deep));
  EXPECT_TRUE(matches("#", deep));
}

TEST_P(Topics, ReceivedAlwaysMatchTheirFilter) {
  auto subscriber = subscribed({.filter = unique("/+/x")});
  auto publisher = connected();
  for (const char* level : {"/a/x", "/b/x", "/a/y", "/x", "/a/x/x"})
    publisher.publish({.topic = unique(level), .payload = level});
  const auto found = drain(publisher, subscriber);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].topic, unique("/a/x"));
  EXPECT_EQ(found[1].topic, unique("/b/x"));
}

TEST_P(Topics, WithADollarSignAreHiddenFromLeadingWildcards) {
  // $SYS topics are published by the broker itself, and some are retained, so a subscriber would get them at once.
  auto reader = subscribed({.filter = "$SYS/#"});
  EXPECT_EQ(reader.expect(PacketType::publish).topic.substr(0, 5), "$SYS/");
  auto publisher = connected();
  for (const std::string filter : {"#", "+/#", "+/broker/#", "+/broker/version", "+/broker/uptime"}) {
    auto subscriber = subscribed({.filter = filter});
    for (const auto& message : drain(publisher, subscriber)) EXPECT_NE(message.topic.substr(0, 1), "$") << filter;
  }
}

TEST_P(Topics, WithADollarSignMatchWhenItIsSpelledOut) {
  auto one = subscribed({.filter = "$SYS/#"});
  one.expect(PacketType::publish);
  auto two = subscribed({.filter = "$SYS/+/#"});
  two.expect(PacketType::publish);
}

TEST_P(Topics, DollarSignElsewhereIsOrdinary) {
  EXPECT_TRUE(matches("+", "$a"));
  EXPECT_TRUE(matches("#", "a/$SYS"));
}

}  // namespace
}  // namespace trellis::testing
