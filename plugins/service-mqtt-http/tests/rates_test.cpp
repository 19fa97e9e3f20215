#include "rates.hpp"

#include <gtest/gtest.h>

namespace mqtt_http {
namespace {

using std::chrono::milliseconds;

TEST(MqttHttpRates, AreOfEachClient) {
  Rates rates;
  const auto take = [&](const std::string& name, int now) { return rates.take(name, 1, 0, 2, 0, milliseconds(now)); };
  EXPECT_TRUE(take("a", 1000));
  EXPECT_TRUE(take("a", 1000));
  EXPECT_FALSE(take("a", 1000));
  EXPECT_TRUE(take("b", 1000));
  EXPECT_FALSE(take("a", 1499));
  EXPECT_TRUE(take("a", 1999)) << "what was earned meanwhile is there, though it was asked for in vain";
}

TEST(MqttHttpRates, ALargeMessageIsPaidWithAFullSecond) {
  Rates rates;
  EXPECT_TRUE(rates.take("a", 1, 5000, 0, 1000, milliseconds(1000)));
  EXPECT_FALSE(rates.take("a", 1, 1, 0, 1000, milliseconds(1000)));
  EXPECT_TRUE(rates.take("a", 1, 5000, 0, 1000, milliseconds(2000)));
}

TEST(MqttHttpRates, OfManyNamesAreForgotten) {
  Rates rates;
  for (int i = 0; i < 30000; ++i) EXPECT_TRUE(rates.take(std::to_string(i), 1, 0, 1, 0, milliseconds(1000 + i)));
}

}  // namespace
}  // namespace mqtt_http
