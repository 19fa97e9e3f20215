// Editing a file of users.
#include "common/users/user_lines.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

std::string line(std::string_view user) { return std::string(user) + ":entry\n"; }

TEST(UserLines, EditingKeepsEverythingElse) {
  const std::string text = "# people\n" + line("ada") + "\n" + line("bob");
  EXPECT_EQ(with_user(text, "ada", "new"), "# people\nada:new\n\n" + line("bob"));
  EXPECT_EQ(with_user(text, "eve", "new"), text + "eve:new\n");
  EXPECT_EQ(with_user("ada:x", "eve", "new"), "ada:x\neve:new\n");
  EXPECT_EQ(without_user(text, "ada"), "# people\n\n" + line("bob"));
  EXPECT_EQ(without_user(text, "eve"), std::nullopt);
  EXPECT_EQ(without_user(text, "ad"), std::nullopt);
}

TEST(UserLines, NamesThatWouldBreakTheFileAreRefused) {
  for (const char* name : {"", "a:b", "a\nb", "#a", "  "}) EXPECT_NE(user_name_error(name), "") << name;
  for (const char* name : {"ada", "Ada Lovelace", "ä"}) EXPECT_EQ(user_name_error(name), "") << name;
}

TEST(UserLines, PlacesStayTheSameAndAreSpread) {
  EXPECT_EQ(place_of("ada", "secret", 1000), place_of("ada", "secret", 1000));
  EXPECT_NE(place_of("ada", "secret", 1000), place_of("bob", "secret", 1000));
  EXPECT_NE(place_of("ada", "secret", 1000), place_of("ada", "other", 1000));
}

}  // namespace
}  // namespace common
