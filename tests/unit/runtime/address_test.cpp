// Addresses and their text.
#include <gtest/gtest.h>

#include <trellis/runtime/address.hpp>

namespace trellis::runtime {
namespace {

Address one(const char* text) {
  std::string error;
  const auto found = resolve(text, error);
  EXPECT_FALSE(found.empty()) << text << ": " << error;
  return found.empty() ? Address{} : found.front();
}

TEST(Address, NumericOnesAreReadAndWrittenTheSame) {
  for (const char* text :
       {"127.0.0.1:1883", "0.0.0.0:1", "192.0.2.7:65535", "[::1]:8883", "[::]:0", "[2001:db8::1]:80"}) {
    EXPECT_EQ(one(text).text(), text);
  }
}

TEST(Address, KnowsWhoIsOnThisMachine) {
  EXPECT_TRUE(one("127.0.0.1:1").loopback());
  EXPECT_TRUE(one("127.255.0.9:1").loopback());
  EXPECT_TRUE(one("[::1]:1").loopback());
  EXPECT_TRUE(one("[::ffff:127.0.0.1]:1").loopback());
  EXPECT_FALSE(one("128.0.0.1:1").loopback());
  EXPECT_FALSE(one("0.0.0.0:1").loopback());
  EXPECT_FALSE(one("[::]:1").loopback());
  EXPECT_FALSE(one("[::ffff:10.0.0.1]:1").loopback());
}

TEST(Address, HasAPortThatCanBeSet) {
  for (const char* text : {"127.0.0.1:0", "[::1]:0"}) {
    Address address = one(text);
    EXPECT_EQ(address.port(), 0);
    address.set_port(1883);
    EXPECT_EQ(address.port(), 1883);
  }
}

TEST(Address, AStarIsEveryAddress) {
  const Address any = one("*:1883");
  EXPECT_EQ(any.port(), 1883);
  EXPECT_FALSE(any.loopback());
}

TEST(Address, SaysWhatIsWrongWithAText) {
  std::string error;
  EXPECT_TRUE(resolve("localhost", error).empty());
  EXPECT_EQ(error, "\"localhost\" has no port; write host:port");
  EXPECT_TRUE(resolve("127.0.0.1:mqtt-ish", error).empty());
  EXPECT_EQ(error.rfind("\"127.0.0.1:mqtt-ish\": ", 0), 0u) << error;
}

TEST(Address, OfNoSocketIsEmpty) {
  EXPECT_EQ(local_address(-1).size, 0u);
  EXPECT_EQ(Address{}.text(), "unknown");
}

TEST(PeerAddress, HasTheTextOfTheAddressItWasMadeOf) {
  char buffer[PeerAddress::kTextBytes];
  for (const char* text : {"127.0.0.1:50123", "[::1]:50123", "[2001:db8::1]:80"}) {
    EXPECT_EQ(PeerAddress(one(text)).text(buffer), text);
  }
  EXPECT_EQ(PeerAddress().text(buffer), "unknown");
}

}  // namespace
}  // namespace trellis::runtime
