// From where clients may come, and whose address counts.
#include <gtest/gtest.h>

#include <string>
#include <trellis/runtime/inbound_rules.hpp>

namespace trellis::runtime {
namespace {

PeerAddress peer(const std::string& text) {
  std::string error;
  return PeerAddress(resolve(text, error).at(0));
}

InboundRules rules(const std::string& network) {
  InboundRules made;
  EXPECT_TRUE(made.allowed.add(network));
  return made;
}

TEST(InboundRules, AdmitEverybodyUntilSaidOtherwise) {
  EXPECT_TRUE(InboundRules().admit(peer("192.0.2.1:1"), ""));
  EXPECT_TRUE(InboundRules().admit(peer("unix:/x"), "nonsense"));
}

TEST(InboundRules, AdmitWhoIsInOneOfTheirNetworks) {
  EXPECT_TRUE(rules("10.0.0.0/8").admit(peer("10.1.2.3:1"), ""));
  EXPECT_TRUE(rules("10.0.0.0/8").admit(peer("[::ffff:10.1.2.3]:1"), ""));
  EXPECT_TRUE(rules("2001:db8::/32").admit(peer("[2001:db8::7]:1"), ""));
  EXPECT_FALSE(rules("10.0.0.0/8").admit(peer("192.0.2.1:1"), ""));
  EXPECT_FALSE(rules("10.0.0.0/8").admit(peer("127.0.0.1:1"), "")) << "this machine has to be listed like others";
  EXPECT_FALSE(rules("10.0.0.0/8").admit(PeerAddress(), ""));
}

TEST(InboundRules, AskAboutTheClientBehindAProxy) {
  EXPECT_TRUE(rules("10.0.0.0/8").admit(peer("192.0.2.1:1"), "10.1.2.3:4000"));
  EXPECT_FALSE(rules("10.0.0.0/8").admit(peer("10.0.0.1:1"), "192.0.2.1:4000"));
  EXPECT_FALSE(rules("10.0.0.0/8").admit(peer("10.0.0.1:1"), "nonsense"));
  EXPECT_FALSE(rules("10.0.0.0/8").admit(peer("unix:/x"), "192.0.2.1:4000"));
}

TEST(InboundRules, UnixSocketsHaveNoAddressToJudge) {
  EXPECT_TRUE(rules("10.0.0.0/8").admit(peer("unix:/x"), ""));
  InboundRules closed;
  closed.public_access = false;
  EXPECT_TRUE(closed.admit(peer("unix:/x"), ""));
}

TEST(InboundRules, WithoutPublicAccessThisMachineIsLeft) {
  InboundRules closed = rules("10.0.0.0/8");
  closed.public_access = false;
  EXPECT_TRUE(closed.admit(peer("127.0.0.1:1"), ""));
  EXPECT_TRUE(closed.admit(peer("[::1]:1"), ""));
  EXPECT_FALSE(closed.admit(peer("10.1.2.3:1"), ""));
  EXPECT_FALSE(closed.admit(peer("127.0.0.1:1"), "10.1.2.3:4000"));
}

}  // namespace
}  // namespace trellis::runtime
