// Hashes: our own and Mosquitto's, and what is said about broken ones.
#include <gtest/gtest.h>

#include "common/base64/base64.hpp"
#include "hash.hpp"

namespace password {
namespace {

// Made by mosquitto_passwd 2.0.11.
constexpr std::string_view kMosquitto2 =
    "$7$101$wngsvIxjDQKVSTUV$2pinVp7orX5UAJk0kViDHdPLUu8tZ91XE2Divayv3i0PNv1hluHQ9+bUGTRecpC/S3M2lu5u97cl1XWEnIufvg==";
constexpr std::string_view kMosquitto1 =
    "$6$DvCfhLgj+bwZlA0S$E0ytQRxbPVzhHBQBYx19blc7Pnq+K/68IsyhzdOVDmKJCUHtGiPA/VSKtG7I0xlucjztaR7dZgYxqCJfo+fs4w==";

Hash parsed(std::string_view text) {
  std::string why;
  auto hash = parse_hash(text, why);
  EXPECT_TRUE(hash.has_value()) << why;
  return hash.value_or(Hash{});
}

std::string why_not(std::string_view text) {
  std::string why;
  EXPECT_FALSE(parse_hash(text, why).has_value()) << text;
  return why;
}

TEST(PasswordHash, ReadsMosquittosFormats) {
  EXPECT_TRUE(verify(parsed(kMosquitto2), "päss word"));
  EXPECT_FALSE(verify(parsed(kMosquitto2), "pass word"));
  EXPECT_TRUE(verify(parsed(kMosquitto1), "secret"));
  EXPECT_FALSE(verify(parsed(kMosquitto1), ""));
}

TEST(PasswordHash, ReadsScryptMadeElsewhere) {
  // RFC 7914, 12: scrypt("pleaseletmein", "SodiumChloride", N=16384, r=8, p=1), 64 bytes.
  const Hash hash = parsed(
      "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
      "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw");
  EXPECT_TRUE(verify(hash, "pleaseletmein"));
  EXPECT_FALSE(verify(hash, "pleaseletmeout"));
}

TEST(PasswordHash, WhatIsMadeCanBeWrittenReadAndChecked) {
  for (const Algorithm algorithm : {Algorithm::scrypt, Algorithm::pbkdf2}) {
    const auto made = make_hash(algorithm, "correct horse");
    ASSERT_TRUE(made.has_value());
    const std::string text = format_hash(*made);
    EXPECT_EQ(format_hash(parsed(text)), text);
    EXPECT_TRUE(verify(parsed(text), "correct horse"));
    EXPECT_FALSE(verify(parsed(text), "correct horse "));
  }
  EXPECT_EQ(format_hash(parsed(kMosquitto2)), kMosquitto2);
  EXPECT_EQ(format_hash(parsed(kMosquitto1)), kMosquitto1);
}

TEST(PasswordHash, SaltsDiffer) {
  EXPECT_NE(make_hash(Algorithm::pbkdf2, "x")->salt, make_hash(Algorithm::pbkdf2, "x")->salt);
}

TEST(PasswordHash, ReportsWhatIsWrong) {
  const std::string good = "$c2FsdHNhbHQ=$" + common::to_base64(std::string(64, 'x'));
  EXPECT_EQ(why_not("hunter2"),
            "this is not a hash, expected one that begins with $scrypt$, $pbkdf2-sha512$, $7$ or $6$");
  EXPECT_EQ(why_not("$1$abc$def"), why_not("hunter2"));
  EXPECT_EQ(why_not("$7$101$abc"), "found 3 parts after '$', expected 4");
  EXPECT_EQ(why_not("$7$x" + good), R"(found "x", expected the number of iterations, 1 to 10000000)");
  EXPECT_EQ(why_not("$7$0" + good), R"(found "0", expected the number of iterations, 1 to 10000000)");
  EXPECT_EQ(why_not("$pbkdf2-sha512$99" + good), R"(found "99", expected i=the number of iterations, 1 to 10000000)");
  EXPECT_EQ(why_not("$scrypt$ln=14" + good), R"(found scrypt cost "ln=14", expected for example "ln=14,r=8,p=1")");
  EXPECT_EQ(why_not("$scrypt$ln=22,r=8,p=1" + good),
            R"(the scrypt cost "ln=22,r=8,p=1" is out of bounds: at most 256 MiB (128 * r * 2^ln bytes) and p <= 16)");
  EXPECT_EQ(why_not("$6$$" + common::to_base64(std::string(64, 'x'))), "the salt is not base64 of 1 to 1024 bytes");
  EXPECT_EQ(why_not("$6$c2FsdA==$c2FsdA=="), "the hash is not base64 of 64 bytes");
  EXPECT_EQ(why_not("$scrypt$ln=14,r=8,p=1$c2FsdA==$*"), "the hash is not base64 of 32 to 64 bytes");
}

}  // namespace
}  // namespace password
