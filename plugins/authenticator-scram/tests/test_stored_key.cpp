// Keys: making, writing, reading, and what is said about broken ones.
#include <gtest/gtest.h>

#include "common/base64/base64.hpp"
#include "stored_key.hpp"

namespace scram {
namespace {

TEST(StoredKey, WhatIsMadeCanBeWrittenAndRead) {
  const auto made = make_stored_key("secret", 5000);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->iterations, 5000u);
  EXPECT_EQ(made->salt.size(), kSaltBytes);
  std::string why;
  EXPECT_EQ(parse_stored_key(format_stored_key(*made), why), made) << why;
  EXPECT_NE(made->salt, make_stored_key("secret", 4096)->salt);
}

TEST(StoredKey, ReportsWhatIsWrong) {
  const std::string key = common::to_base64(std::string(32, 'k'));
  const auto why_not = [](const std::string& text) {
    std::string why;
    EXPECT_FALSE(parse_stored_key(text, why)) << text;
    return why;
  };
  EXPECT_EQ(why_not("hunter2"), "these are no keys, expected what begins with SCRAM-SHA-256$");
  EXPECT_EQ(why_not("SCRAM-SHA-1$4096:c2FsdA==$a:b"), why_not("hunter2"));
  EXPECT_EQ(why_not("SCRAM-SHA-256$4096:c2FsdA==$" + key),
            "a part is missing, expected SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY");
  const std::string keys = "$" + key + ":" + key;
  for (const char* iterations : {"4095", "10000001", "-1", "many", "", "99999999999"}) {
    EXPECT_EQ(why_not("SCRAM-SHA-256$" + std::string(iterations) + ":c2FsdA==" + keys),
              "found \"" + std::string(iterations) + "\", expected the number of iterations, 4096 to 10000000");
  }
  EXPECT_EQ(why_not("SCRAM-SHA-256$4096:" + keys), "the salt is not base64 of 1 to 64 bytes");
  EXPECT_EQ(why_not("SCRAM-SHA-256$4096:*" + keys), "the salt is not base64 of 1 to 64 bytes");
  EXPECT_EQ(why_not("SCRAM-SHA-256$4096:c2FsdA==$" + key + ":c2FsdA=="), "a key is not base64 of 32 bytes");
}

TEST(StoredKey, OnlyWhatBothSidesPrepareAlikeIsTaken) {
  EXPECT_EQ(text_error("password", "pass word ~!"), "");
  for (const char* text : {"päss", "a\tb", "\x7f", "ⅸ"}) {
    EXPECT_EQ(text_error("password", text),
              "the password contains something else than printable ASCII, which SCRAM would have to normalise the same "
              "way on both sides");
  }
}

}  // namespace
}  // namespace scram
