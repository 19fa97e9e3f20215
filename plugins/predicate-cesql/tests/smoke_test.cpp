#include <gtest/gtest.h>
#include <trellis/testing/test_host.hpp>
#include "predicate.hpp"
TEST(Smoke, Runs) {
  trellis::testing::TestHost host;
  auto f = host.load<cesql::CesqlPredicate>().compile(R"({"sql": "type = 'a'"})");
  EXPECT_TRUE(f.matches({.topic="t", .user_properties={{"specversion","1.0"},{"id","1"},{"source","s"},{"type","a"}}}));
  EXPECT_TRUE(f.matches({.topic="t", .payload=R"({"specversion":"1.0","id":"1","data":{"a":[1,2,{}]},"source":"s","type":"a"})", .content_type="application/cloudevents+json"}));
}
