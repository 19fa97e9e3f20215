// Addresses, topics and paths.
#include <gtest/gtest.h>

#include <trellis/schema/formats.hpp>

namespace trellis::schema {
namespace {

TEST(ParseAddress, ReadsEveryForm) {
  EXPECT_EQ(parse_address("127.0.0.1:1883")->kind, Address::Kind::ip4);
  EXPECT_EQ(parse_address("127.0.0.1:1883")->port, 1883);
  EXPECT_EQ(parse_address("[::1]:0")->kind, Address::Kind::ip6);
  EXPECT_EQ(parse_address("[::1]:0")->host, "::1");
  EXPECT_EQ(parse_address("[fe80::1%eth0]:65535")->port, 65535);
  EXPECT_EQ(parse_address("broker.example.org:443")->kind, Address::Kind::name);
  EXPECT_EQ(parse_address("unix:/run/t.sock")->kind, Address::Kind::unix_socket);
  EXPECT_EQ(parse_address("unix:/run/t.sock")->host, "/run/t.sock");
}

TEST(ParseAddress, RefusesEverythingElse) {
  for (const char* text : {"",
                           ":",
                           "1883",
                           ":1883",
                           "localhost",
                           "localhost:",
                           "localhost:65536",
                           "localhost:-1",
                           "localhost:1x",
                           "::1:1883",
                           "[::1]",
                           "[::1]1883",
                           "[zz]:1",
                           "300.1.1.1:1",
                           "1.2.3:1",
                           "-a:1",
                           "a..b:1",
                           "a b:1",
                           "unix:",
                           "unix:relative",
                           "mqtt://localhost:1883",
                           "local\nhost:1"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_FALSE(parse_address("unix:/" + std::string(120, 'x')));
}

TEST(ParseAddress, SuggestsWhatWasMeant) {
  EXPECT_EQ(parse_address("::1:1883").failure().suggestion, "\"[::1]:1883\"");
  EXPECT_EQ(parse_address(":1883").failure().suggestion, "\"0.0.0.0:1883\"");
  EXPECT_EQ(parse_address("mqtt://localhost:1883").failure().suggestion, "\"localhost:1883\"");
}

TEST(ParseTopic, RefusesWildcards) {
  EXPECT_TRUE(parse_topic("a/b//c"));
  EXPECT_TRUE(parse_topic("$SYS/x"));
  EXPECT_FALSE(parse_topic(""));
  EXPECT_FALSE(parse_topic("a/+"));
  EXPECT_FALSE(parse_topic("a/#"));
  EXPECT_FALSE(parse_topic(std::string_view("a\0b", 3)));
  EXPECT_FALSE(parse_topic(std::string(65536, 'a')));
}

TEST(ParseTopicFilter, TakesWildcardsOnlyAlone) {
  for (const char* text : {"#", "+", "a/+/b", "a/#", "/", "+/+/#"}) EXPECT_TRUE(parse_topic_filter(text)) << text;
  for (const char* text : {"", "a+", "a/b#", "#/a", "a/#/b", "+a/b", "##"})
    EXPECT_FALSE(parse_topic_filter(text)) << text;
}

TEST(ParsePath, RefusesTheEmptyOne) {
  EXPECT_TRUE(parse_path("a/b c"));
  EXPECT_FALSE(parse_path(""));
  EXPECT_FALSE(parse_path("a\nb"));
}

}  // namespace
}  // namespace trellis::schema
