// Blocks that cannot work are refused with a sentence.
#include <fstream>
#include <iterator>

#include "fixture.hpp"
#include "target.hpp"

namespace mqtt_out {
namespace {

using namespace mqtt_out::testing;

TEST_F(MqttOutTest, BlocksThatCannotWorkAreRefused) {
  const auto plugin = host_.load<MqttHandler>();
  EXPECT_EQ(plugin.refusal(block()), "");
  EXPECT_EQ(plugin.refusal(R"({"properties": {"host": "127.0.0.1"}})"), R"(/properties: "topic" is missing)");
  EXPECT_EQ(plugin.refusal(block({}, "orders/#")),
            R"(/properties/topic: found "orders/#", expected a topic name without wildcards)");
  EXPECT_EQ(plugin.refusal(block(R"(, "qos": 3)")), "/properties/qos: is out of range; expected 0 to 2");
  EXPECT_EQ(plugin.refusal(block(R"(, "version": "3.1.1", "mode": "binary")")),
            R"(/properties/mode: found "binary", expected "structured"; MQTT 3.1.1 has no user properties)");
  EXPECT_EQ(plugin.refusal(block(R"(, "password": "SECRET")")), "/properties/user: is missing; a password needs one");
}

TEST(MqttManual, NamesEveryProperty) {
  std::ifstream file(MQTT_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  const std::string schema_text = target_schema().json();
  const auto schema = trellis::json::parse(schema_text).value();
  const auto* properties = schema.find("properties")->find("properties")->find("properties");
  ASSERT_GT(properties->keys.size(), 10u);
  for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
}

}  // namespace
}  // namespace mqtt_out
