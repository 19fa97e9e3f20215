#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

TEST(KindExample, Greets) {
  trellis::testing::TestHost host;
  const auto service = host.load<KindExample>(R"({"greeting": "Moin"})");
  EXPECT_EQ(service.get("/").body(), "Moin, world!\n");
  EXPECT_EQ(service.get("/Ada").body(), "Moin, Ada!\n");
  EXPECT_EQ(host.metric("kind_example_greetings_total"), 2);
}

TEST(KindExample, AllowsOnlyGet) {
  trellis::testing::TestHost host;
  const auto answer = host.load<KindExample>().request({.method = "DELETE"});
  EXPECT_EQ(answer.status(), 405u);
  EXPECT_EQ(answer.header("allow"), "GET");
}
