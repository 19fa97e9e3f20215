// Messages: events in structured and in binary mode, and what is no event.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <trellis/testing/test_host.hpp>

#include "message_attributes.hpp"
#include "predicate.hpp"

namespace cesql::testing {
namespace {

using trellis::testing::Sample;

constexpr const char* kStructured = "application/cloudevents+json";

std::string filter(const std::string& sql) { return R"({"sql": )" + trellis::json::quote(sql) + "}"; }

Sample structured(std::string json, std::string content_type = kStructured) {
  return {.topic = "t", .payload = std::move(json), .content_type = std::move(content_type)};
}

/// An event with these members too.
Sample event(const std::string& more) {
  return structured(R"({"specversion": "1.0", "id": "7", "source": "/ovens", "type": "baked")" + more + "}");
}

Sample binary(trellis::testing::TextPairs more = {}) {
  Sample sample{.topic = "t",
                .payload = "crisp",
                .user_properties = {{"specversion", "1.0"}, {"id", "7"}, {"source", "/ovens"}, {"type", "baked"}},
                .content_type = "text/plain"};
  sample.user_properties.insert(sample.user_properties.end(), more.begin(), more.end());
  return sample;
}

class Messages : public ::testing::Test {
 protected:
  bool passes(const std::string& sql, const Sample& sample, const std::string& settings = "{}") {
    return host_.load<CesqlPredicate>(settings).compile(filter(sql)).matches(sample);
  }
  trellis::testing::TestHost host_;
};

TEST_F(Messages, StructuredEventsHaveTheTypesOfTheirJson) {
  const Sample sample = event(R"(, "word": "5", "number": 5, "truth": true, "least": -2147483648, "beyond": 2147483648,
                               "fraction": 1.50, "nothing": null, "list": [1], "inside": {"id": "8"},
                               "data": {"id": "9", "type": ["raw", {"x": "}"}]}, "time": "2024-05-01T10:00:00Z")");
  EXPECT_TRUE(passes("type = 'baked' AND id = '7' AND source = '/ovens' AND specversion = '1.0'", sample));
  EXPECT_TRUE(passes("word = 5 AND number = 5 AND number = '5'", sample));
  EXPECT_TRUE(passes("truth", sample));
  EXPECT_TRUE(passes("least = -2147483648", sample));
  EXPECT_TRUE(passes("beyond = '2147483648'", sample));
  EXPECT_TRUE(passes("fraction = '1.50'", sample));
  EXPECT_TRUE(passes("time LIKE '2024-05-%'", sample));
  for (const char* name : {"nothing", "list", "inside", "data", "datacontenttype", "nowhere"}) {
    EXPECT_TRUE(passes(std::string("NOT EXISTS ") + name, sample)) << name;
    EXPECT_FALSE(passes(std::string("EXISTS ") + name, sample)) << name;
  }
}

TEST_F(Messages, DataIsNoAttributeWhateverItIs) {
  for (const char* data : {R"(, "data": "x")", R"(, "data": 5, "data_base64": "eA==")", R"(, "data": true)"}) {
    EXPECT_TRUE(passes("NOT EXISTS data AND type = 'baked'", event(data))) << data;
  }
}

TEST_F(Messages, StructuredEventsMayComeInAnyOrderAndWithEscapes) {
  const Sample sample = structured(
      "  {\"data\": [[[{\"type\": 1}]]], \"\\u0074ype\": \"b\\u0061\\\"ked\\n\", \"source\": \"\xC3\xA4\", \"id\": "
      "\"7\", \"specversion\": \"1.0\"}  ");
  EXPECT_TRUE(passes("type = 'ba\"ked\n' AND source = 'ä'", sample));
}

TEST_F(Messages, TheContentTypeSaysWhatIsStructured) {
  const std::string json = event("").payload;
  for (const char* type : {"application/cloudevents+json", "Application/CloudEvents+JSON",
                           "application/cloudevents+json; charset=utf-8", "application/cloudevents+json ;x=y"}) {
    EXPECT_TRUE(passes("type = 'baked'", structured(json, type))) << type;
  }
  for (const char* type : {"application/json", "application/cloudevents-batch+json", "application/cloudevents+jsonx",
                           "application/cloudevents", "application/cloudevents+avro", ""}) {
    EXPECT_FALSE(passes("type = 'baked'", structured(json, type))) << type;
  }
}

TEST_F(Messages, BinaryEventsHaveTextsOnly) {
  const Sample sample = binary({{"level", "7"}, {"urgent", "true"}, {"twice", "a"}, {"twice", "b"}, {"data", "x"}});
  EXPECT_TRUE(passes("type = 'baked' AND id = '7' AND source = '/ovens' AND specversion = '1.0'", sample));
  EXPECT_TRUE(passes("level = 7 AND level + 1 = 8", sample));
  EXPECT_TRUE(passes("urgent = TRUE", sample));
  EXPECT_TRUE(passes("BOOL(urgent)", sample));
  EXPECT_FALSE(passes("urgent", sample)) << "a String is no Boolean";
  EXPECT_TRUE(passes("datacontenttype = 'text/plain'", sample));
  EXPECT_TRUE(passes("twice = 'a'", sample));
  EXPECT_TRUE(passes("NOT EXISTS data", sample));
}

TEST_F(Messages, WithoutAContentTypeThereIsNone) {
  Sample sample = binary();
  sample.content_type.reset();
  EXPECT_TRUE(passes("NOT EXISTS datacontenttype", sample));
}

TEST_F(Messages, WhatIsNoEventHasNoAttributes) {
  const std::vector<Sample> samples = {
      {.topic = "t", .payload = "21.5"},
      {.topic = "t", .user_properties = {{"type", "baked"}, {"level", "7"}}, .content_type = "text/plain"},
      structured(""),
      structured("{"),
      structured("[]"),
      structured("null"),
      structured("{}"),
      structured(R"({"specversion": "1.0", "id": "7", "type": "baked"})"),
      structured(R"({"specversion": "1.0", "id": 7, "source": "/ovens", "type": "baked"})"),
      structured(R"({"specversion": "0.3", "id": "7", "source": "/ovens", "type": "baked"})"),
      structured(R"({"specversion": "1.0", "id": "7", "source": "", "type": "baked"})"),
      structured(event("").payload + "{}"),
      structured(event("").payload + "x"),
      structured(R"({"specversion": "1.0", "id": "7", "source": "/ovens", "type": "baked")"),
      event(", \"bad\": \"\xff\""),
      event(", \"bad\": tru"),
      event(", \"bad\": nulx"),
      event(", \"bad\": nullx"),
      event(", \"bad\": 007"),
      event(", \"bad\": 1.x"),
      event(", \"bad\" 1"),
      event(", \"bad\": \"\\x\"")};
  for (const Sample& sample : samples) {
    EXPECT_FALSE(passes("type = 'baked'", sample)) << sample.payload;
    EXPECT_FALSE(passes("EXISTS type OR EXISTS level", sample)) << sample.payload;
    EXPECT_TRUE(passes("NOT EXISTS type", sample)) << sample.payload;
    EXPECT_TRUE(passes("TRUE", sample)) << sample.payload;
  }
}

TEST_F(Messages, LargeEventsAreNotLookedInto) {
  const Sample sample = event(R"(, "data": ")" + std::string(2000, 'x') + "\"");
  EXPECT_TRUE(passes("type = 'baked'", sample));
  EXPECT_TRUE(passes("type = 'baked'", sample, R"({"event_bytes": "4KiB"})"));
  EXPECT_FALSE(passes("type = 'baked'", sample, R"({"event_bytes": "1KiB"})"));
}

TEST_F(Messages, AttributesAreBoundedInNumberAndLength) {
  std::string many;
  for (int i = 0; i < 60; ++i) many += ", \"a" + std::to_string(i) + "\": 1";
  EXPECT_TRUE(passes("a59 = 1", event(many)));
  EXPECT_FALSE(passes("type = 'baked'", event(many + R"(, "one": 1)")));
  EXPECT_TRUE(passes("LENGTH(long) = 65535", event(R"(, "long": ")" + std::string(65535, 'x') + "\"")));
  EXPECT_TRUE(passes("NOT EXISTS long", event(R"(, "long": ")" + std::string(65536, 'x') + "\"")));
}

TEST_F(Messages, WhatIsNotTrueDoesNotPass) {
  EXPECT_FALSE(passes("FALSE", binary()));
  EXPECT_FALSE(passes("subject = 'x'", binary())) << "a missing attribute is an error";
  EXPECT_FALSE(passes("NOT (subject = 'x')", binary())) << "an error stays one under NOT";
  EXPECT_FALSE(passes("type = 5", binary()));
  EXPECT_FALSE(passes("1 / 0 = 0", binary()));
  EXPECT_FALSE(passes("LEFT(type, -1) = 'baked'", binary()));
  EXPECT_FALSE(passes("type", binary())) << "a String is no Boolean";
  EXPECT_TRUE(passes("EXISTS subject AND subject = 'x' OR type = 'baked'", binary()));
}

// A condition never changes, and what reading an event needs belongs to the thread.
TEST_F(Messages, ManyThreadsJudgeAtOnce) {
  const auto read = Filter::read(trellis::Config::parse(filter("CONCAT(type, '-', level) = 'baked-7'")).value());
  ASSERT_TRUE(read);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int level = 0; level < 4; ++level) {
    threads.emplace_back([&, level] {
      const std::string json = event(R"(, "level": )" + std::to_string(7 + level)).payload;
      trellis_message raw{};
      raw.struct_size = sizeof raw;
      raw.payload = trellis::view(json);
      raw.content_type = trellis::view(std::string_view(kStructured));
      const trellis::Message message(&raw);
      for (int i = 0; i < 2000; ++i) {
        MessageAttributes attributes(message, 1U << 20U);
        if (read->matches(attributes, nullptr) != (level == 0)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Messages, ErrorsAreCounted) {
  auto plugin = host_.load<CesqlPredicate>();
  EXPECT_FALSE(plugin.compile(filter("subject = 'x'")).matches(binary()));
  EXPECT_FALSE(plugin.compile(filter("subject = 'x'")).matches(binary()));
  EXPECT_FALSE(plugin.compile(filter("type = 5")).matches(binary()));
  EXPECT_FALSE(plugin.compile(filter("type = 'raw'")).matches(binary()));
  EXPECT_EQ(host_.metric("trellis_cesql_errors_total", R"(error="missing_attribute")"), 2);
  EXPECT_EQ(host_.metric("trellis_cesql_errors_total", R"(error="cast")"), 1);
  EXPECT_EQ(host_.metric("trellis_cesql_errors_total", R"(error="math")"), 0);
}

}  // namespace
}  // namespace cesql::testing
