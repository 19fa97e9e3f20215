#include "common/cloud_event/fold.hpp"

#include <gtest/gtest.h>

namespace cloud_event {
namespace {

TEST(Fold, MakesLettersSmall) {
  EXPECT_EQ(folded("Order.CREATED-7"), "order.created-7");
  EXPECT_EQ(folded("ÄÖÜ É Þ Ÿ Łódź ŽIŽEK"), "äöü é þ ÿ łódź žižek");
  EXPECT_EQ(folded("ΑΘΗΝΑ Ά ΌΣΟΣ"), "αθηνα ά όσοσ");
  EXPECT_EQ(folded("МОСКВА Ёлка Їжак"), "москва ёлка їжак");
  EXPECT_EQ(folded("ԵՐԵՎԱՆ"), "երեվան");
}

TEST(Fold, LeavesWhatHasNoCaseOrAnotherLength) {
  for (const char* text : {"×÷ß", "日本", "\xff\xc3", "\xc3", "a\xe2\x84\xaa"}) {
    EXPECT_EQ(folded(text), text);
  }
  EXPECT_EQ(folded("İ"), "İ");
  EXPECT_EQ(folded("ſ"), "ſ");
}

TEST(Fold, IsDoneWhenItIsDone) {
  std::string every;
  for (unsigned code = 0x80; code < 0x800; ++code) {
    every += {static_cast<char>(0xC0U | (code >> 6U)), static_cast<char>(0x80U | (code & 0x3FU))};
  }
  const std::string once = folded(every);
  EXPECT_EQ(folded(once), once);
  EXPECT_EQ(once.size(), every.size());
  EXPECT_TRUE(is_folded("abc 1"));
  EXPECT_FALSE(is_folded("aBc"));
}

}  // namespace
}  // namespace cloud_event
