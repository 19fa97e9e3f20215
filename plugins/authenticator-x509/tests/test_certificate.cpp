// Bounds on what is parsed, what a certificate says, and thumbprints.
#include <gtest/gtest.h>

#include <string>
#include <trellis/view.hpp>
#include <vector>

#include "certificate.hpp"
#include "forge.hpp"

namespace x509 {
namespace {

using testing::device;
using testing::Forged;

TEST(Certificate, SaysItsNamesAndTimes) {
  testing::Wanted wanted = device("press-04");
  wanted.subject = {{"C", "DE"}, {"O", "Acme, Inc."}, {"CN", "prüfer"}};
  wanted.names = "DNS:a.example,DNS:b.example,URI:urn:press:4,email:press@example.com,IP:192.0.2.1,IP:2001:db8::1";
  const auto facts = facts_of(Forged(wanted).certificate());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->common_name, "prüfer");
  EXPECT_EQ(facts->distinguished_name, "CN=prüfer,O=Acme\\, Inc.,C=DE");
  EXPECT_EQ(facts->dns, (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(facts->uris, std::vector<std::string>{"urn:press:4"});
  EXPECT_EQ(facts->emails, std::vector<std::string>{"press@example.com"});
  ASSERT_EQ(facts->addresses.size(), 2U);
  EXPECT_EQ(facts->addresses[0], std::string("\xc0\x00\x02\x01", 4));
  EXPECT_EQ(facts->addresses[1].size(), 16U);
  EXPECT_EQ(facts->good_from_ms, testing::kLongAgo * 1000);
  EXPECT_EQ(facts->good_until_ms, testing::kFarFuture * 1000);
}

TEST(Certificate, LastOfSeveralCommonNamesCounts) {
  testing::Wanted wanted;
  wanted.subject = {{"CN", "general"}, {"CN", "specific"}};
  EXPECT_EQ(facts_of(Forged(wanted).certificate())->common_name, "specific");
}

TEST(Certificate, NameWithAZeroByteIsNone) {
  testing::Wanted wanted;
  wanted.subject = {{"CN", std::string("press-04\0.evil", 14)}};
  const auto facts = facts_of(Forged(wanted).certificate());
  EXPECT_EQ(facts->common_name, "");
  EXPECT_EQ(facts->distinguished_name, "CN=press-04\\00.evil");
}

TEST(Certificate, EmptySubjectAndNoAlternativesAreEmpty) {
  const auto facts = facts_of(Forged(testing::Wanted{}).certificate());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->common_name, "");
  EXPECT_EQ(facts->distinguished_name, "");
  EXPECT_TRUE(facts->dns.empty());
}

TEST(Certificate, GarbageAndOversizeAreRefused) {
  EXPECT_EQ(read_certificate(std::string(20'000, 'x')).error().text, "has 20000 bytes, at most 16384 are read");
  EXPECT_EQ(read_certificate("not DER").error().text.substr(0, 16), "cannot be read: ");
  EXPECT_FALSE(read_certificate(""));
  const std::string der = Forged(device("d")).der();
  EXPECT_TRUE(read_certificate(der));
  EXPECT_FALSE(read_certificate(std::string_view(der).substr(0, der.size() - 1)));
}

TEST(Certificate, BytesBehindACertificateAreRefused) {
  EXPECT_EQ(read_certificate(Forged(device("d")).der() + "x").error().text, "has bytes behind its end");
}

TEST(Certificate, ChainIsBounded) {
  const std::string der = Forged(device("d")).der();
  const std::vector<trellis_view> eight(8, trellis::view(der));
  const std::vector<trellis_view> nine(9, trellis::view(der));
  std::vector<Certificate> read;
  EXPECT_EQ(read_chain(nine, read).error().text, "its chain has 9 certificates, at most 8 are looked at");
  EXPECT_TRUE(read_chain(eight, read));
  EXPECT_EQ(read.size(), 8U);
  const std::vector<trellis_view> damaged{trellis::view(der), trellis::view("x")};
  read.resize(1);
  EXPECT_EQ(read_chain(damaged, read).error().text.substr(0, 28), "certificate 2 of its chain c");
}

TEST(Certificate, ThumbprintIsSha1OrSha256InAnyCaseWithOrWithoutColons) {
  const std::string bytes = "abc";  // whose digests everybody knows
  EXPECT_TRUE(is_thumbprint_of(bytes, "a9993e364706816aba3e25717850c26c9cd0d89d"));
  EXPECT_TRUE(is_thumbprint_of(bytes, "A9993E364706816ABA3E25717850C26C9CD0D89D"));
  EXPECT_TRUE(is_thumbprint_of(bytes, "a9:99:3e:36:47:06:81:6a:ba:3e:25:71:78:50:c2:6c:9c:d0:d8:9d"));
  EXPECT_TRUE(is_thumbprint_of(bytes, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_TRUE(is_thumbprint_of(bytes, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
  EXPECT_EQ(thumbprint_of(bytes), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Certificate, OtherThumbprintsAreNot) {
  EXPECT_FALSE(is_thumbprint_of("abc", ""));
  EXPECT_FALSE(is_thumbprint_of("abc", "a9993e364706816aba3e25717850c26c9cd0d89"));
  EXPECT_FALSE(is_thumbprint_of("abc", "b9993e364706816aba3e25717850c26c9cd0d89d"));
  EXPECT_FALSE(is_thumbprint_of("abc", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"));
}

}  // namespace
}  // namespace x509
