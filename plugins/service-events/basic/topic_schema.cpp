#include "basic/topic_schema.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "common/events/rules.hpp"
#include "common/events/text.hpp"

namespace events_service {
namespace {

using trellis::Config;
using trellis::Schema;

constexpr std::string_view kOwn = "EventGridSchema";
constexpr std::string_view kCustom = "CustomInputSchema";
constexpr std::string_view kAttributes[] = {"id", "topic", "eventType", "eventTime", "subject", "dataVersion"};
constexpr std::string_view kUsualType = "CustomEvent";  // of an event that says none

bool has_fallback(std::size_t attribute) {
  return attribute != SchemaMapping::id && attribute != SchemaMapping::source && attribute != SchemaMapping::time;
}

Schema field_schema(bool fallback) {
  Schema schema = Schema{}.text(
      "sourceField", {.help = "The event's member that says it.", .minimum_length = 1, .maximum_length = 256});
  if (!fallback) return schema;
  return std::move(schema).text(
      "defaultValue", {.help = "What is said of an event without it.", .minimum_length = 1, .maximum_length = 1024});
}

Schema mapping_schema() {
  Schema fields;
  for (std::size_t i = 0; i < SchemaMapping::kAttributes; ++i) {
    std::move(fields).object(kAttributes[i], field_schema(has_fallback(i)),
                             {.help = "Where " + std::string(kAttributes[i]) + " of an event stands."});
  }
  return Schema{}
      .choice("inputSchemaMappingType", {"Json"}, {.help = "How they are found.", .fallback = "Json"})
      .object("properties", std::move(fields), {.help = "The attributes of events.", .fallback = "{}"});
}

}  // namespace

Schema with_input_schema(Schema topic) {
  return std::move(topic)
      .choice(
          "inputSchema", {"CloudEventSchemaV1_0", kOwn, kCustom},
          {.help = "What application/json is at /api/events, where the topic is published to as one of Event Grid's "
                   "basic tier. CloudEvents are taken in any case, and are what is kept and given out.",
           .fallback = "CloudEventSchemaV1_0"})
      .object("inputSchemaMapping", mapping_schema(),
              {.help = "With CustomInputSchema: where the attributes stand in events, which are data as a whole."});
}

trellis::Result<std::shared_ptr<const SchemaMapping>> read_input_schema(const Config& properties) {
  const std::string schema = properties.text("inputSchema");
  const auto mapping = properties.find("inputSchemaMapping");
  if (mapping && schema != kCustom) {
    return trellis::fail(mapping->path() + ": expected none, for inputSchema is " + schema + " and not " +
                         std::string(kCustom));
  }
  if (schema == kOwn) return std::make_shared<const SchemaMapping>(SchemaMapping::event_grid());
  if (schema != kCustom) return std::shared_ptr<const SchemaMapping>();
  SchemaMapping read;
  read.fields[SchemaMapping::type].fallback = kUsualType;
  const Config fields = mapping ? mapping->object("properties") : Config();
  for (std::size_t i = 0; i < SchemaMapping::kAttributes; ++i) {
    const auto field = fields.find(kAttributes[i]);
    if (!field) continue;
    read.fields[i].member = field->text("sourceField", "");
    const std::string fallback = field->text("defaultValue", "");
    if (!events::is_attribute_text(fallback))
      return trellis::fail(field->path() + "/defaultValue: expected a text without control characters");
    if (!fallback.empty()) read.fields[i].fallback = fallback;
  }
  return std::make_shared<const SchemaMapping>(std::move(read));
}

}  // namespace events_service
