#include "common/delivery/address_rules.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace common {
namespace {

std::string refusal(const AddressRules& rules, const char* text) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    storage.ss_family = AF_INET6;
    EXPECT_EQ(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
  }
  return rules.refusal(reinterpret_cast<const sockaddr&>(storage));
}

TEST(AddressesOfLibraries, ArePublicOnes) {
  const AddressRules rules;
  for (const char* text : {"20.50.1.1", "8.8.8.8", "2603:1030::1"}) EXPECT_EQ(refusal(rules, text), "") << text;
  for (const char* text : {"127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0",
                           "224.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "fe80::1", "fd00::1", "2002::1"}) {
    EXPECT_NE(refusal(rules, text), "") << text;
  }
  EXPECT_EQ(refusal(rules, "10.0.0.1"), "it is a private network, and the plugin's setting allow does not have it");
}

TEST(AddressesOfLibraries, ThatAreAllowedAreTaken) {
  const auto rules = AddressRules::parse({"10.1.0.0/16", "::1"});
  ASSERT_TRUE(rules);
  EXPECT_EQ(refusal(*rules, "10.1.2.3"), "");
  EXPECT_EQ(refusal(*rules, "::1"), "");
  EXPECT_NE(refusal(*rules, "10.2.0.1"), "");
  EXPECT_EQ(AddressRules::parse({"::1", "x"}).error().text.substr(0, 4), "/1: ");
}

TEST(AddressesOfLibraries, AreOfTheInternet) {
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_EQ(AddressRules().refusal(local), "it is no address of the internet");
}

}  // namespace
}  // namespace common
