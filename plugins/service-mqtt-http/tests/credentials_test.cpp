#include "credentials.hpp"

#include <gtest/gtest.h>

namespace mqtt_http {
namespace {

std::optional<Problem> read(std::vector<trellis_pair> fields, Credentials& credentials) {
  return Credentials::read({fields.data(), fields.size()}, {"ONE", "TWO"}, credentials);
}
trellis_pair authorization(std::string_view value) { return {trellis::view("authorization"), trellis::view(value)}; }

TEST(MqttHttpCredentials, OfNobodyShowNothing) {
  Credentials credentials;
  EXPECT_FALSE(read({}, credentials));
  EXPECT_EQ(credentials.ways(), 1U);
  EXPECT_EQ(credentials.way(0).flags, 0U);
}

TEST(MqttHttpCredentials, ATokenIsShownToEachMethod) {
  Credentials credentials;
  EXPECT_FALSE(read({authorization("bearer  a.b.c ")}, credentials));
  ASSERT_EQ(credentials.ways(), 2U);
  EXPECT_EQ(trellis::text(credentials.way(1).authentication_method), "TWO");
  EXPECT_EQ(trellis::text(credentials.way(1).authentication_data), "a.b.c");
}

TEST(MqttHttpCredentials, APasswordMayHoldColons) {
  Credentials credentials;
  EXPECT_FALSE(read({authorization("Basic YTpiOmM=")}, credentials));
  EXPECT_EQ(trellis::text(credentials.way(0).username), "a");
  EXPECT_EQ(trellis::text(credentials.way(0).password), "b:c");
}

TEST(MqttHttpCredentials, WhatCannotBeReadIsRefused) {
  for (const std::string& value : {std::string("Basic"), std::string("Basic ***"), std::string("Basic YQ=="),
                                   std::string("Bearer "), std::string("Digest a"), std::string(9000, 'a')}) {
    Credentials credentials;
    const auto problem = read({authorization(value)}, credentials);
    ASSERT_TRUE(problem) << value;
    EXPECT_EQ(problem->status, 401U) << value;
  }
  Credentials credentials;
  EXPECT_EQ(read({authorization("Bearer a"), authorization("Basic YTpi")}, credentials)->status, 400U);
}

}  // namespace
}  // namespace mqtt_http
