#include "common/http_credentials/sas_token.hpp"

#include <gtest/gtest.h>

namespace http_credentials {
namespace {

const std::string kRest = "&e=2030-01-02T15%3A04%3A05&s=BqAN82hcQ1tgi9%2B4ADr25WwTrNSytofeY3Atiz2syFw%3D";

std::string refusal(const std::string& text) {
  const auto token = SasToken::parse(text);
  return token ? "taken" : token.error().text;
}

bool covers(const std::string& resource, std::string_view path, std::string_view host = "h.example") {
  const auto token = SasToken::parse("r=" + resource + kRest);
  EXPECT_TRUE(token) << resource;
  return token && token->is_for(host) && token->covers(path);
}

TEST(SasToken, IsTakenApart) {
  const std::string text = "r=https%3a%2f%2fh.example%2ftopics%2forders" + kRest;
  const auto token = SasToken::parse(text);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->signed_text(), text.substr(0, text.find("&s=")));
  EXPECT_EQ(token->signature().size(), 32u);
  EXPECT_EQ(token->expires(), std::chrono::seconds(1'893'596'645));
}

TEST(SasToken, TakesPlusAsABlankInTheExpiryOnly) {
  EXPECT_TRUE(
      SasToken::parse("r=https%3a%2f%2fh&e=1%2f2%2f2030+3%3a04%3a05+PM&s=BqAN82hcQ1tgi9+4ADr25WwTrNSytofeY3"
                      "Atiz2syFw="));
}

TEST(SasToken, RefusesWhatIsNone) {
  const std::string form = "the SAS token is not of the form r=…&e=…&s=…";
  for (const char* text : {"", "r=1", "r=https%3A%2F%2Fh&s=x&e=y", "e=1&r=2&s=3", "r=1&e=2", "r=a&e=b&s=c&x=d",
                           "r=a&r=a&e=b&s=c", "R=a&e=b&s=c"}) {
    EXPECT_EQ(refusal(text), form) << text;
  }
  EXPECT_EQ(refusal("r=https%3A%2F%2Fh&e=tomorrow&s=AA"), "the SAS token has an 'e' that is no time");
  EXPECT_EQ(refusal("r=https%3A%2F%2Fh&e=2030-01-02T15%3A04%3A05&s=AA"),
            "the SAS token has an 's' that is no signature");
  EXPECT_EQ(refusal("r=https%3A%2F%2Fh" + kRest + "x%"), "the SAS token has an 's' that is no signature");
  for (const char* resource : {"", "h.example", "ftp%3A%2F%2Fh", "https%3A%2F%2F", "https%3A%2F%2Fa%40h%2F",
                               "https%3A%2F%2Fh%2Fa%2F..%2Fb", "https%3A%2F%2Fh%2F%252e%252e", "https%3A%2F%2Fh%"}) {
    EXPECT_EQ(refusal("r=" + std::string(resource) + kRest), "the SAS token has an 'r' that is no address") << resource;
  }
  EXPECT_EQ(refusal("r=" + std::string(5000, 'a')), "the SAS token has more than 4096 bytes");
}

TEST(SasToken, CoversItsResourceAndWhatIsBelow) {
  for (const char* resource : {"https%3A%2F%2Fh.example", "https%3A%2F%2Fh.example%2F", "https://H.Example:8443/",
                               "http://h.example?apiVersion=2018-01-01"}) {
    EXPECT_TRUE(covers(resource, "/topics/orders:publish")) << resource;
    EXPECT_TRUE(covers(resource, "/")) << resource;
  }
  const char* topic = "https%3A%2F%2Fh.example%2Ftopics%2Forders";
  EXPECT_TRUE(covers(topic, "/topics/orders"));
  EXPECT_TRUE(covers(topic, "/topics/orders:publish"));
  EXPECT_TRUE(covers(topic, "/topics/orders/eventsubscriptions/s:receive"));
  EXPECT_TRUE(covers("https://h.example/topics/my%2520topic/", "/topics/my topic:publish"));
}

TEST(SasToken, CoversNothingBesides) {
  const char* topic = "https%3A%2F%2Fh.example%2Ftopics%2Ford";
  EXPECT_FALSE(covers(topic, "/topics/orders"));
  EXPECT_FALSE(covers(topic, "/topics/orders:publish"));
  EXPECT_FALSE(covers(topic, "/topics"));
  EXPECT_FALSE(covers(topic, "/"));
  EXPECT_FALSE(covers(topic, "/topics/Ord"));
  const char* subscription = "https%3A%2F%2Fh.example%2Ftopics%2Ford%2Feventsubscriptions%2Fs";
  EXPECT_TRUE(covers(subscription, "/topics/ord/eventsubscriptions/s:receive"));
  EXPECT_FALSE(covers(subscription, "/topics/ord:publish"));
  EXPECT_FALSE(covers(subscription, "/topics/ord/eventsubscriptions/s2:receive"));
}

TEST(SasToken, TakesWordsOfTheApiInAnyCaseButNamesAsTheyAre) {
  const char* subscription = "https%3A%2F%2Fh.example%2Ftopics%2Ftopics%2FeventSubscriptions%2Fs";
  EXPECT_TRUE(covers(subscription, "/Topics/topics/eventsubscriptions/s:receive"));
  EXPECT_FALSE(covers(subscription, "/topics/Topics/eventsubscriptions/s:receive"));
  EXPECT_FALSE(covers(subscription, "/topics/topics/eventsubscriptions/S:receive"));
  EXPECT_FALSE(covers("https://h.example/base/topics/a", "/BASE/topics/a:publish"));
  EXPECT_TRUE(covers("https://h.example/base/topics/a", "/base/TOPICS/a:publish"));
}

TEST(SasToken, IsForItsHost) {
  EXPECT_FALSE(covers("https://evil.example/", "/"));
  EXPECT_FALSE(covers("https://h.example.evil.example/", "/"));
  EXPECT_FALSE(covers("https://h.example/", "/", ""));
  EXPECT_TRUE(covers("https://B.example/", "/", "b.EXAMPLE"));
}

}  // namespace
}  // namespace http_credentials
