#include "common/delivery/connection_string.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

std::string refusal(const std::string& text) {
  const auto parsed = ConnectionString::parse(text);
  return parsed ? "" : parsed.error().text;
}

TEST(ConnectionStrings, AreTakenApart) {
  const auto parsed = ConnectionString::parse(
      " endpoint = sb://plant.servicebus.windows.net/ ; "
      "SharedAccessKeyName=send;SharedAccessKey=AbC+/==;EntityPath=q/1;");
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->host, "plant.servicebus.windows.net");
  EXPECT_EQ(parsed->port, 0);
  EXPECT_EQ(parsed->key_name, "send");
  EXPECT_EQ(parsed->key, "AbC+/==");
  EXPECT_EQ(parsed->entity, "q/1");
  EXPECT_FALSE(parsed->emulator);
}

TEST(ConnectionStrings, OfTheEmulatorHaveAPort) {
  const auto parsed = ConnectionString::parse(
      "Endpoint=sb://localhost:5673;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=True");
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->port, 5673);
  EXPECT_TRUE(parsed->emulator);
}

TEST(ConnectionStrings, ThatCannotWorkAreRefusedWithoutTheirValues) {
  const std::string right = "Endpoint=sb://a;SharedAccessKeyName=n;SharedAccessKey=SECRET";
  EXPECT_EQ(refusal(right), "");
  EXPECT_EQ(refusal(""), "Endpoint is missing");
  EXPECT_EQ(refusal("SharedAccessKeyName=n;SharedAccessKey=SECRET"), "Endpoint is missing");
  EXPECT_EQ(refusal("Endpoint=sb://a;SharedAccessKey=SECRET"), "SharedAccessKeyName is missing");
  EXPECT_EQ(refusal("Endpoint=sb://a;SharedAccessKeyName=n"), "SharedAccessKey is missing");
  EXPECT_EQ(refusal("SECRET"), "it has a part without '='");
  EXPECT_EQ(refusal(right + ";SECRET=1"),
            "it has a part that is none of Endpoint, SharedAccessKeyName, SharedAccessKey, EntityPath");
  EXPECT_EQ(refusal("Endpoint=amqps://a"), "Endpoint does not begin with sb://");
  EXPECT_EQ(refusal("Endpoint=sb://"), "Endpoint has no host name, as in sb://plant.servicebus.windows.net/");
  EXPECT_EQ(refusal("Endpoint=sb://a,b:1"), "Endpoint has no host name, as in sb://plant.servicebus.windows.net/");
  for (const std::string port : {"", "0", "65536", "1x"}) {
    EXPECT_EQ(refusal("Endpoint=sb://a:" + port), "Endpoint has a port that is none") << port;
  }
  EXPECT_EQ(refusal(right + ";SharedAccessSignature=SECRET"),
            "SharedAccessSignature expires; expected SharedAccessKeyName and SharedAccessKey");
  EXPECT_EQ(refusal(std::string(5000, 'x')), "it is longer than 4096 bytes");
}

}  // namespace
}  // namespace common
