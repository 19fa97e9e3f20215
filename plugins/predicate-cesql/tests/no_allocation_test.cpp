// Counts allocations while messages are judged: once a thread has read a structured event there must be none.
#include <gtest/gtest.h>

#include "common/allocation_count/allocation_count.hpp"
#include "common/cesql/filter.hpp"
#include "message_attributes.hpp"

namespace cesql::testing {
namespace {

TEST(NoAllocation, JudgingStructuredEvents) {
  const Filter filter =
      Filter::read(
          trellis::Config::parse(R"x({"sql": "UPPER(CONCAT(type, subject, level)) LIKE '%BAKEDOVEN6'"})x").value())
          .value();
  const std::string json =
      R"({"specversion": "1.0", "id": "7", "source": "/a/source/longer/than/small/strings", "level": 6,
          "type": "org.example.baked", "subject": "o\u0076en", "data": {"a": [1, 2, {"b": "c"}]}})";
  trellis_message raw{};
  raw.struct_size = sizeof raw;
  raw.flags = TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
  raw.payload = trellis::view(json);
  raw.content_type = trellis::view(std::string_view("application/cloudevents+json"));
  const trellis::Message message(&raw);
  const auto judge = [&] {
    MessageAttributes attributes(message, 1U << 20U);
    return filter.matches(attributes, nullptr);
  };
  EXPECT_TRUE(judge());  // the first of a thread makes room
  const std::size_t before = common::allocations();
  bool passed = true;
  for (int i = 0; i < 100; ++i) passed = passed && judge();
  EXPECT_EQ(common::allocations(), before);
  EXPECT_TRUE(passed);
}

}  // namespace
}  // namespace cesql::testing
