// Fingerprints: the same for the same texts under the same key, and for nothing else.
#include "common/fingerprint/fingerprint.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(Fingerprint, TellsListsApartWhateverTheirPartsBegin) {
  FingerprintKey key;
  ASSERT_TRUE(key.draw());
  EXPECT_EQ(key.of({"ada", "secret"}), key.of({"ada", "secret"}));
  EXPECT_NE(key.of({"ada", "secret"}), key.of({"adas", "ecret"}));
  EXPECT_NE(key.of({"ada", ""}), key.of({"ada"}));
}

TEST(Fingerprint, DependsOnTheKey) {
  FingerprintKey one;
  FingerprintKey other;
  one.set("0123456789abcdef0123456789abcdef");
  other.set("0123456789abcdef0123456789abcdeg");
  EXPECT_NE(one.of({"x"}), other.of({"x"}));
  other.set("0123456789abcdef0123456789abcdef, and what is too long");
  EXPECT_EQ(one.of({"x"}), other.of({"x"}));
  ASSERT_TRUE(one.draw());
  ASSERT_TRUE(other.draw());
  EXPECT_NE(one.of({"x"}), other.of({"x"}));
}

}  // namespace
}  // namespace common
