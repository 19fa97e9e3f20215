// Marks in a config are replaced as written.
#include "broker.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace trellis::bench {
namespace {

TEST(RepeatMarked, NumbersItsCopies) {
  EXPECT_EQ(repeat_marked("a @REPEAT 3@[@N@:@N@] @END@z"), "a [1:1] [2:2] [3:3] z");
  EXPECT_EQ(repeat_marked("@REPEAT 2@x@END@@REPEAT 0@y@END@@REPEAT 1@z@END@"), "xxz");
  EXPECT_EQ(repeat_marked("nothing @PORT@"), "nothing @PORT@");
}

TEST(RepeatMarked, RefusesAMarkWithoutNumberOrEnd) {
  for (const char* text : {"@REPEAT 3@x", "@REPEAT x@y@END@", "@REPEAT 3", "@REPEAT 3@END@"}) {
    EXPECT_ANY_THROW(repeat_marked(text)) << text;
  }
}

}  // namespace
}  // namespace trellis::bench
