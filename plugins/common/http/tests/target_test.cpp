// Request targets: the path each means, and those that could mean more than one.
#include "common/http/target.hpp"

#include <gtest/gtest.h>

namespace trellis::http {
namespace {

TEST(Target, IsSplitAndDecodedOnce) {
  const auto target = parse_target("/topics/a%2525:publish?x=%2F&y", "POST");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/topics/a%25:publish");
  EXPECT_EQ(target->query, "x=%2F&y");
  EXPECT_FALSE(target->host);
}

TEST(Target, MayBeAbsolute) {
  const auto target = parse_target("HTTP://broker:80?q", "GET");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/");
  EXPECT_EQ(target->query, "q");
  EXPECT_EQ(target->host, "broker:80");
}

TEST(Target, IsAnAsteriskOnlyForOptions) {
  EXPECT_EQ(parse_target("*", "OPTIONS")->path, "*");
  EXPECT_FALSE(parse_target("*", "GET"));
}

TEST(Target, IsRefusedWhenMalformed) {
  for (const char* text :
       {"", "x", "ftp://h/", "http://", "http:///p", "http://u@h/", "/a#b", "/a%", "/a%2", "/a%zz"}) {
    EXPECT_FALSE(parse_target(text, "GET")) << text;
  }
}

TEST(Target, IsRefusedWhenItsPathIsAmbiguous) {
  for (const char* text : {"/a/../b", "/..", "/a/.", "/%2e%2E/a", "/a%2fb", "/a%2Fb", "/a%00b"}) {
    EXPECT_FALSE(parse_target(text, "GET")) << text;
  }
  EXPECT_TRUE(parse_target("/a/...", "GET"));
  EXPECT_TRUE(parse_target("/.well-known/x..y", "GET"));
}

TEST(PercentEncoding, LeavesWhatMeansNothingElse) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/\xc3\xa4&%"), "a%20b%2F%C3%A4%26%25");
  EXPECT_EQ(percent_encode("~*", "-._*"), "%7E*") << "as forms write it";
  const std::string any("\0\x7f\xff+=?#", 7);
  EXPECT_EQ(percent_decode(percent_encode(any)), any);
}

}  // namespace
}  // namespace trellis::http
