// Which addresses are in a range, however both are written.
#include <gtest/gtest.h>

#include <string>
#include <trellis/networks.hpp>

namespace trellis {
namespace {

bool inside(std::string_view network, std::string_view address) {
  return Network::parse(network)->contains(*ip_address(address));
}

TEST(Networks, ContainWhatTheirBitsSay) {
  EXPECT_TRUE(inside("10.1.0.0/16", "10.1.255.255"));
  EXPECT_FALSE(inside("10.1.0.0/16", "10.2.0.0"));
  EXPECT_TRUE(inside("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(inside("192.0.2.128/25", "192.0.2.100"));
  EXPECT_TRUE(inside("2001:db8::/32", "2001:db8:1::1"));
  EXPECT_FALSE(inside("2001:db8::/32", "2001:db9::"));
  EXPECT_TRUE(inside("0.0.0.0/0", "10.1.1.1"));
}

TEST(ThisMachine, IsLocalhostAndWhatLoopsBack) {
  for (const char* host : {"localhost", "127.0.0.1", "127.9.9.9", "::1"}) EXPECT_TRUE(is_this_machine(host)) << host;
  for (const char* host : {"", "localhost.example.org", "10.0.0.1", "[::1]", "::2"}) {
    EXPECT_FALSE(is_this_machine(host)) << host;
  }
}

TEST(Networks, AnAddressAloneIsItself) {
  EXPECT_TRUE(inside("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(inside("10.1.2.3", "10.1.2.2"));
  EXPECT_TRUE(inside("::1", "::1"));
  EXPECT_FALSE(inside("::1", "::2"));
}

TEST(Networks, Ipv4InsideIpv6CountsAsIpv4) {
  EXPECT_TRUE(inside("10.0.0.0/8", "::ffff:10.1.1.1"));
  EXPECT_TRUE(inside("::ffff:10.0.0.0/104", "10.1.1.1"));
  EXPECT_FALSE(inside("::/0", "10.1.1.1"));
  EXPECT_FALSE(inside("::/0", "::ffff:10.1.1.1"));
  EXPECT_FALSE(inside("0.0.0.0/0", "::1"));
}

TEST(IpAddresses, OfThisMachineAreKnown) {
  for (const char* own : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(*ip_address(own))) << own;
  }
  for (const char* other : {"128.0.0.1", "::", "::2", "fe80::1", "::127.0.0.1"}) {
    EXPECT_FALSE(is_loopback(*ip_address(other))) << other;
  }
}

TEST(Networks, SayWhatIsWrong) {
  for (const char* wrong : {"", "/8", "10.1.0.0/33", "10.1.0.0/", "10.1.0.0/x", "10.1.0.0/-1", "10.1.0.0/8 ", "host",
                            "10.1", "::/129", "[::1]", "fe80::1%eth0"}) {
    EXPECT_FALSE(Network::parse(wrong)) << wrong;
  }
  EXPECT_FALSE(Network::parse(std::string_view("::1\0", 4)));
  EXPECT_EQ(Networks().add("10.0.0.0/40").error().text,
            R"("10.0.0.0/40" is no address and no range; expected one like "10.1.0.0/16" or "::1")");
}

TEST(Networks, AListHoldsWhatOneOfThemHolds) {
  Networks networks;
  EXPECT_TRUE(networks.empty());
  EXPECT_FALSE(networks.contains(*ip_address("10.0.0.1")));
  ASSERT_TRUE(networks.add("10.0.0.0/8"));
  ASSERT_TRUE(networks.add("::1"));
  EXPECT_TRUE(networks.contains(*ip_address("10.0.0.1")));
  EXPECT_TRUE(networks.contains(*ip_address("::1")));
  EXPECT_FALSE(networks.contains(*ip_address("11.0.0.1")));
}

TEST(IpAddresses, AreReadFromSocketsAndPeers) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(0x0a000001);
  EXPECT_EQ(ip_address(reinterpret_cast<const sockaddr&>(v4)), ip_address("10.0.0.1"));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr.s6_addr[15] = 1;
  EXPECT_EQ(ip_address(reinterpret_cast<const sockaddr&>(v6)), ip_address("::1"));
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(ip_address(other));
  EXPECT_EQ(ip_address_of_peer("10.0.0.1:1883"), ip_address("10.0.0.1"));
  EXPECT_EQ(ip_address_of_peer("[::1]:1883"), ip_address("::1"));
  EXPECT_FALSE(ip_address_of_peer("unix"));
}

}  // namespace
}  // namespace trellis
