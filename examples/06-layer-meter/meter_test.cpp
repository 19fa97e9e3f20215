#include "meter.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

TEST(Meter, PassesBytesOnUnchanged) {
  trellis::testing::TestHost host;
  auto connection = host.load<Meter>().connect();

  EXPECT_TRUE(connection.input("up"));
  EXPECT_TRUE(connection.output("down!"));
  EXPECT_EQ(connection.up(), "up");
  EXPECT_EQ(connection.down(), "down!");
  connection.close();
}

TEST(Meter, CountsAndLogs) {
  trellis::testing::TestHost host;
  auto connection = host.load<Meter>().connect();
  connection.input("12");
  connection.output("12345");
  connection.close();

  EXPECT_EQ(host.metric("meter_received_bytes_total"), 2);
  EXPECT_EQ(host.metric("meter_sent_bytes_total"), 5);
  EXPECT_EQ(host.logs().back().field("received"), "2");
  EXPECT_EQ(host.logs().back().field("sent"), "5");
}
