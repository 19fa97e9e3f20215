#include "proof.hpp"

#include <gtest/gtest.h>

namespace custom_domains {
namespace {

constexpr std::string_view kProofSecret = "0123456789abcdef";

TEST(Proof, IsTheSameWheneverItIsAskedFor) {
  EXPECT_EQ(record_name("mqtt.example.com"), "_eg.mqtt.example.com");
  EXPECT_EQ(record_value(kProofSecret, "plant", "mqtt.example.com"),
            "19af6a026dbc2227ce696dc114b59d4461950b1789687e82a27c957b229b472e");
}

TEST(Proof, IsAnotherOneForEverybody) {
  const std::string value = record_value(kProofSecret, "plant", "mqtt.example.com");
  EXPECT_NE(record_value("fedcba9876543210", "plant", "mqtt.example.com"), value);
  EXPECT_NE(record_value(kProofSecret, "other", "mqtt.example.com"), value);
  EXPECT_NE(record_value(kProofSecret, "plant", "other.example.com"), value);
  EXPECT_NE(record_value(kProofSecret, "plantmqtt", ".example.com"), value);
}

}  // namespace
}  // namespace custom_domains
