// Certificates that stand end to end.
#include <gtest/gtest.h>

#include <string>
#include <trellis/runtime/certificates.hpp>

namespace trellis::runtime {
namespace {

// A SEQUENCE of so many bytes.
std::string sequence(std::size_t size) {
  std::string der = "\x30";
  if (size < 0x80) {
    der += static_cast<char>(size);
  } else {
    der += {'\x82', static_cast<char>(size >> 8), static_cast<char>(size & 0xFF)};
  }
  return der + std::string(size, 'c');
}

TEST(Certificates, AreToldApart) {
  const std::string chain = sequence(5) + sequence(300) + sequence(0x7F);
  const auto found = split_certificates(chain);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].size, 7u);
  EXPECT_EQ(found[1].size, 304u);
  EXPECT_EQ(found[2].size, 0x7Fu + 2);
}

TEST(Certificates, AreLeftOutFromTheFirstThatIsNone) {
  EXPECT_TRUE(split_certificates("").empty());
  EXPECT_TRUE(split_certificates("abcdef").empty());
  EXPECT_TRUE(split_certificates(sequence(300).substr(0, 100)).empty());
  EXPECT_TRUE(split_certificates("\x30\x8F" + std::string(20, '\xFF')).empty());
  EXPECT_EQ(split_certificates(sequence(5) + "rubbish").size(), 1u);
}

}  // namespace
}  // namespace trellis::runtime
