#include "topic_prefix.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

TEST(TopicPrefix, DropsWhatIsOutsideThePrefix) {
  trellis::testing::TestHost host;
  auto stage = host.load<TopicPrefix>(R"({"prefix": "sensors/"})");

  EXPECT_EQ(stage.publish("sensors/7/temp", "21"), trellis::Verdict::pass);
  EXPECT_EQ(stage.publish("admin/reboot", ""), trellis::Verdict::drop);
}

TEST(TopicPrefix, NeedsAPrefix) {
  trellis::testing::TestHost host;
  // What the broker would say of such a configuration.
  EXPECT_EQ(host.refusal<TopicPrefix>("{}"), R"(settings:1:1: error: the key "prefix" is missing
    1 | {}
      | ^)");
}
