// URLs: what is read out of them, what is refused, and where references lead.
#include "common/http/url.hpp"

#include <gtest/gtest.h>

namespace trellis::http {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = parse_url("HTTPS://Api.Example.COM:8443/a%20b/?q=1&r");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->secure);
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a%20b/?q=1&r");
  EXPECT_EQ(url->authority(), "api.example.com:8443");
  EXPECT_EQ(url->origin(), "https://api.example.com:8443");
}

TEST(Url, HasDefaults) {
  EXPECT_EQ(parse_url("http://h")->port, 80);
  EXPECT_EQ(parse_url("https://h")->port, 443);
  EXPECT_EQ(parse_url("https://h:443")->authority(), "h");
  EXPECT_EQ(parse_url("http://h:443")->authority(), "h:443");
  EXPECT_EQ(parse_url("http://h")->target, "/");
  EXPECT_EQ(parse_url("http://h?x")->target, "/?x");
}

TEST(Url, HostsMayBeAddresses) {
  EXPECT_EQ(parse_url("http://192.0.2.1:81/")->host, "192.0.2.1");
  const auto v6 = parse_url("http://[2001:DB8::1]:81/");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "2001:db8::1");
  EXPECT_EQ(v6->authority(), "[2001:db8::1]:81");
}

struct Wrong {
  std::string_view url;
  std::string_view error;
};
class UrlRefusal : public ::testing::TestWithParam<Wrong> {};

TEST_P(UrlRefusal, SaysWhatIsWrongWithIt) {
  const auto url = parse_url(GetParam().url);
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().text, "the URL " + std::string(GetParam().error));
}

constexpr std::string_view kScheme = "does not begin with https:// or http://";
constexpr std::string_view kHost = "has no host, or one that is no name and no address";
constexpr std::string_view kPort = "has a port that is not a number from 1 to 65535";
constexpr std::string_view kBrackets = "has no IPv6 address between its brackets";
constexpr std::string_view kUser = "holds a user name, which belongs into the settings";
constexpr std::string_view kCharacter =
    "contains a blank, a control, a character above ASCII or '#'; those are percent-encoded";
constexpr std::string_view kPercent = "has a '%' that is not followed by two hexadecimal digits";

INSTANTIATE_TEST_SUITE_P(
    Kinds, UrlRefusal,
    ::testing::Values(Wrong{"", kScheme}, Wrong{"h/x", kScheme}, Wrong{"ftp://h/", kScheme}, Wrong{"https:/h", kScheme},
                      Wrong{"http://", kHost}, Wrong{"http:///x", kHost}, Wrong{"http://:80", kHost},
                      Wrong{"http://a..b", kHost}, Wrong{"http://a_b.-c", kHost}, Wrong{"http://a\\b/", kHost},
                      Wrong{"http://h\xc3\xb6st/", kHost}, Wrong{"http://127.1/", kHost},
                      Wrong{"http://0x7f000001/", kHost}, Wrong{"http://2130706433/", kHost},
                      Wrong{"http://h /", kHost}, Wrong{"http://::1/", kHost}, Wrong{"http://h:/", kPort},
                      Wrong{"http://h:0/", kPort}, Wrong{"http://h:65536/", kPort}, Wrong{"http://h:8x/", kPort},
                      Wrong{"http://[::1/", kBrackets}, Wrong{"http://[]/", kBrackets},
                      Wrong{"http://[127.0.0.1]/", kBrackets}, Wrong{"http://[fe80::1%25eth0]/", kBrackets},
                      Wrong{"http://[::1]x/", kPort}, Wrong{"http://u:p@h/", kUser}, Wrong{"http://h@/", kUser},
                      Wrong{"http://h/a b", kCharacter}, Wrong{"http://h/\r\n", kCharacter},
                      Wrong{"http://h/#x", kCharacter}, Wrong{"http://h/\xc3\xa4", kCharacter},
                      Wrong{"http://h/%", kPercent}, Wrong{"http://h/?%2g", kPercent}));

TEST(Url, HasALimit) { EXPECT_FALSE(parse_url("http://h/" + std::string(9000, 'a'))); }

TEST(Reference, LeadsWhereItSays) {
  const Url base = *parse_url("https://h:81/a/b?q");
  const auto leads = [&](std::string_view reference) {
    const auto url = resolve_url(base, reference);
    return url ? url->origin() + url->target : url.error().text;
  };
  EXPECT_EQ(leads("http://other/x#part"), "http://other/x");
  EXPECT_EQ(leads("//other/x"), "https://other/x");
  EXPECT_EQ(leads("/x/./y/../z?r"), "https://h:81/x/z?r");
  EXPECT_EQ(leads("x"), "https://h:81/a/x");
  EXPECT_EQ(leads("../../x/.."), "https://h:81/");
  EXPECT_EQ(leads("."), "https://h:81/a/");
  EXPECT_EQ(leads("?s"), "https://h:81/a/b?s");
  EXPECT_EQ(leads("#part"), "https://h:81/a/b?q");
  EXPECT_EQ(leads("/x?u=http://other/"), "https://h:81/x?u=http://other/");
  EXPECT_EQ(leads("ftp://other/"), "the URL does not begin with https:// or http://");
  EXPECT_EQ(leads("/a b"), "the URL " + std::string(kCharacter));
}

}  // namespace
}  // namespace trellis::http
