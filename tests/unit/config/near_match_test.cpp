// Guesses at what was meant.
#include <gtest/gtest.h>

#include <trellis/schema/near_match.hpp>

namespace trellis::schema {
namespace {

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("abc", "abd"), 1u);
  EXPECT_EQ(edit_distance("abc", "ab"), 1u);
  EXPECT_EQ(edit_distance("abc", "acb"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(NearMatch, FindsTheMistypedWord) {
  const std::vector<std::string> words = {"address", "protocol", "keep_alive", "qos", "name"};
  EXPECT_EQ(near_match("adress", words), "address");
  EXPECT_EQ(near_match("protcool", words), "protocol");
  EXPECT_EQ(near_match("keepAlive", words), "keep_alive");
  EXPECT_EQ(near_match("keep-alive", words), "keep_alive");
  EXPECT_EQ(near_match("NAME", words), "name");
  EXPECT_EQ(near_match("qs", words), "qos");
}

TEST(NearMatch, RatherSaysNothingThanSomethingFarOff) {
  EXPECT_EQ(near_match("listeners", {"address", "name", "qos"}), "");
  EXPECT_EQ(near_match("x", {"y"}), "");
  EXPECT_EQ(near_match("", {"y"}), "");
  EXPECT_EQ(near_match(std::string(5000, 'a'), {"aaaa"}), "");
}

TEST(NearMatch, PrefersTheFirstOfEquals) {
  EXPECT_EQ(near_match("mix_bytes", {"max_bytes", "min_bytes"}), "max_bytes");
  EXPECT_EQ(near_match("mix_bytes", {"min_bytes", "max_bytes"}), "min_bytes");
}

TEST(OneOf, ListsAndCuts) {
  EXPECT_EQ(one_of({"a"}), "\"a\"");
  EXPECT_EQ(one_of({"a", "b", "c"}), "\"a\", \"b\" or \"c\"");
  EXPECT_EQ(one_of({"a", "b", "c", "d"}, 2), "\"a\", \"b\" or 2 more");
}

}  // namespace
}  // namespace trellis::schema
