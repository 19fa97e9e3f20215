#include "hello.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

TEST(Hello, Greets) {
  trellis::testing::TestHost host;
  auto hello = host.load<Hello>();

  EXPECT_EQ(hello.get("/").body(), "Hello, world!\n");
  EXPECT_EQ(hello.get("/Ada").body(), "Hello, Ada!\n");
  EXPECT_EQ(host.metric("hello_greetings_total"), 2);
}

TEST(Hello, GreetsAsConfigured) {
  trellis::testing::TestHost host;
  EXPECT_EQ(host.load<Hello>(R"({"greeting": "Moin"})").get("/").body(), "Moin, world!\n");
}

TEST(Hello, CountsPerShard) {
  trellis::testing::TestHost host({.shards = 2});
  auto hello = host.load<Hello>();
  hello.request({.path = "/"}, 1);

  EXPECT_EQ(hello.request({.path = "/count"}, 0).body(), "{\"greetings\":0}\n");
  EXPECT_EQ(hello.request({.path = "/count"}, 1).body(), "{\"greetings\":1}\n");
}

TEST(Hello, AllowsOnlyGet) {
  trellis::testing::TestHost host;
  auto answer = host.load<Hello>().request({.method = "DELETE"});
  EXPECT_EQ(answer.status(), 405u);
  EXPECT_EQ(answer.header("allow"), "GET");
}
