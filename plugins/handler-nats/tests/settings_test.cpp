// Blocks that cannot work are refused with a sentence.
#include <fstream>
#include <iterator>

#include "fixture.hpp"
#include "target.hpp"

namespace nats {
namespace {

using namespace nats::testing;

TEST_F(NatsTest, BlocksThatCannotWorkAreRefused) {
  const auto plugin = host_.load<NatsHandler>();
  EXPECT_EQ(plugin.refusal(block()), "");
  EXPECT_EQ(plugin.refusal(R"({"properties": {"host": "127.0.0.1"}})"), R"(/properties: "subject" is missing)");
  EXPECT_EQ(plugin.refusal(block(R"(, "confirmation": "stream")")),
            R"(/properties/confirmation: "stream" is not one of "jetstream", "core")");
  EXPECT_EQ(plugin.refusal(block({}, "orders.*")),
            R"(/properties/subject: found "*", expected names between dots, without blanks and wildcards)");
  EXPECT_EQ(plugin.refusal(block({}, "orders..new")),
            "/properties/subject: found an empty name, expected names between dots");
  EXPECT_EQ(plugin.refusal(block({}, "orders.{Type}")),
            R"(/properties/subject: found "Type", expected the name of an attribute, of small letters and digits)");
  EXPECT_EQ(plugin.refusal(block(R"(, "user": "broker")")), "/properties: of user and password there is one only");
  EXPECT_EQ(plugin.refusal(block(R"(, "user": "broker", "password": "p", "token": "t")")),
            "/properties: of user, token and nkeySeed there can be one");
  EXPECT_EQ(plugin.refusal(block(R"(, "jwt": "eyJ0")")),
            "/properties/nkeySeed: is missing, which jwt needs to be proved");
  EXPECT_EQ(plugin.refusal(block(R"(, "nkeySeed": "SECRET")")),
            "/properties/nkeySeed: is no seed of a user, which begins with SU and has 58 letters");
}

TEST(NatsManual, NamesEveryProperty) {
  std::ifstream file(NATS_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  const std::string schema_text = target_schema().json();
  const auto schema = trellis::json::parse(schema_text).value();
  const auto* properties = schema.find("properties")->find("properties")->find("properties");
  ASSERT_GT(properties->keys.size(), 8u);
  for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
}

}  // namespace
}  // namespace nats
