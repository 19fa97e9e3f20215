// Reading a file of users, and what is said about mistakes.
#include "common/users/user_table.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

std::optional<int> parse_digit(std::string_view text, std::string& why) {
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '9') return text[0] - '0';
  why = "this is no digit";
  return std::nullopt;
}

TEST(UserTable, ReadsBetweenCommentsAndBlankLines) {
  std::vector<std::string> errors;
  const auto users = UserTable<int>::parse("# people\n\nbob smith:2\r\nada:1", "f", "user:digit", parse_digit, errors);
  EXPECT_TRUE(errors.empty());
  ASSERT_NE(users.find("ada"), nullptr);
  EXPECT_EQ(*users.find("bob smith"), 2);
  EXPECT_EQ(users.find("# people"), nullptr);
  std::string order;
  users.for_each([&](std::string_view user, int digit) { order += std::string(user) + std::to_string(digit); });
  EXPECT_EQ(order, "ada1bob smith2");
}

TEST(UserTable, EveryMistakeIsReportedWithItsLine) {
  std::vector<std::string> errors;
  UserTable<int>::parse("ada\n:x\nbob:secret\neve:1\neve:2", "users", "user:digit", parse_digit, errors);
  EXPECT_EQ(errors, (std::vector<std::string>{
                        "users:1: the ':' is missing, expected user:digit",
                        "users:2: the user name is missing, expected user:digit",
                        R"(users:3: user "bob": this is no digit)",
                        R"(users:5: user "eve" is there already; remove one of the lines)",
                    }));
}

TEST(UserTable, ALongListOfMistakesIsCut) {
  EXPECT_EQ(joined({"a", "b"}), "a; b");
  EXPECT_EQ(joined({"1", "2", "3", "4", "5", "6", "7"}), "1; 2; 3; 4; 5; and 2 more");
}

}  // namespace
}  // namespace common
