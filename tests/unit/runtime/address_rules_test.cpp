#include <gtest/gtest.h>

#include <trellis/runtime/address_rules.hpp>

namespace trellis::runtime {
namespace {

Address at(const std::string& text) {
  std::string error;
  return resolve('[' + text + "]:80", error).at(0);
}

TEST(AddressRules, ThePublicInternetIsOpen) {
  const AddressRules rules;
  for (const char* address : {"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.0", "192.169.0.1", "100.128.0.1",
                              "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"}) {
    EXPECT_EQ(rules.refusal(at(address)), "") << address;
  }
}

TEST(AddressRules, WhatOnlyThisMachineReachesIsNot) {
  const AddressRules rules;
  for (const char* address : {"127.0.0.1",
                              "127.255.255.255",
                              "0.0.0.0",
                              "10.0.0.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "100.100.100.200",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::1",
                              "::",
                              "fe80::1",
                              "fd00:ec2::254",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:169.254.169.254",
                              "64:ff9b::a00:1",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::1",
                              "::ffff:0:10.0.0.1",
                              "fec0::1",
                              "5f00::1",
                              "3fff::1",
                              "4000::1",
                              "1000::1",
                              "::127.0.0.1"}) {
    EXPECT_NE(rules.refusal(at(address)), "") << address;
  }
  EXPECT_EQ(rules.refusal(at("10.0.0.1")), R"(it is a private network, and "outbound"."allow" does not have it)");
  EXPECT_EQ(rules.refusal(at("169.254.169.254")),
            R"(it is link-local, where metadata services are, and "outbound"."allow" does not have it)");
}

TEST(AddressRules, WhatIsAllowedIsAndWhatIsDeniedComesFirst) {
  AddressRules rules;
  ASSERT_TRUE(rules.allow.add("10.1.0.0/16").has_value());
  ASSERT_TRUE(rules.allow.add("::1").has_value());
  ASSERT_TRUE(rules.deny.add("10.1.2.0/24").has_value());
  ASSERT_TRUE(rules.deny.add("1.1.1.1").has_value());
  EXPECT_EQ(rules.refusal(at("10.1.1.1")), "");
  EXPECT_EQ(rules.refusal(at("::1")), "");
  EXPECT_NE(rules.refusal(at("10.2.0.1")), "");
  EXPECT_EQ(rules.refusal(at("10.1.2.1")), R"(it is in "outbound"."deny")");
  EXPECT_EQ(rules.refusal(at("1.1.1.1")), R"(it is in "outbound"."deny")");
  EXPECT_NE(rules.refusal(at("64:ff9b::101:101")), "") << "the same address behind a translator";
}

TEST(AddressRules, SocketsOfThisMachineAreNoAddresses) {
  std::string error;
  EXPECT_NE(AddressRules().refusal(resolve("unix:/run/x.sock", error).at(0)), "");
}

}  // namespace
}  // namespace trellis::runtime
