#include "common/delivery/verdict.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(WhatAPeerSaid, IsOneShortLine) {
  EXPECT_EQ(shown("all right"), "all right");
  EXPECT_EQ(shown("a\nb\x1b[2Jc\xc3\xa4"), "a?b?[2Jc??");
  EXPECT_EQ(shown("abcdef", 3), "abc...");
  EXPECT_EQ(shown("abc", 3), "abc");
}

}  // namespace
}  // namespace common
