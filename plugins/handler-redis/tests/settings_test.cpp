// Blocks that cannot work are refused with a sentence.
#include <fstream>
#include <iterator>
#include <trellis/json.hpp>

#include "fixture.hpp"
#include "target.hpp"

namespace redis {
namespace {

using namespace redis::testing;

TEST_F(RedisTest, BlocksThatCannotWorkAreRefused) {
  const auto plugin = host_.load<RedisHandler>();
  EXPECT_EQ(plugin.refusal(block()), "");
  EXPECT_EQ(plugin.refusal(R"({"properties": {"host": "127.0.0.1"}})"), R"(/properties: "stream" is missing)");
  EXPECT_EQ(plugin.refusal(block(R"(, "maxlength": 5)")),
            R"(/properties: unknown key "maxlength"; did you mean "maxLength"?)");
  EXPECT_EQ(plugin.refusal(R"({"properties": {"host": "127.0.0.1", "stream": "a{b"}})"),
            "/properties/stream: found a single '{' at byte 1, expected {attribute}; a brace itself is doubled");
  EXPECT_EQ(plugin.refusal(block(R"(, "user": "broker")")),
            R"(/properties/password: is missing; the user "broker" needs one)");
  EXPECT_EQ(plugin.refusal(block(R"(, "database": -1)")), "/properties/database: is out of range; expected 0 to 65535");
  EXPECT_EQ(plugin.refusal(R"({"endpointType": "Kafka", "properties": {"host": "127.0.0.1", "stream": "s"}})"),
            R"(/endpointType: "Kafka" is not one of "Redis")");
}

TEST(RedisManual, NamesEveryProperty) {
  std::ifstream file(REDIS_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  const std::string schema_text = target_schema().json();
  const auto schema = trellis::json::parse(schema_text).value();
  const auto* properties = schema.find("properties")->find("properties")->find("properties");
  ASSERT_GT(properties->keys.size(), 8u);
  for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
}

}  // namespace
}  // namespace redis
