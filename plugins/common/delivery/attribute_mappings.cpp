#include "attribute_mappings.hpp"

#include <algorithm>

#include "common/events/text.hpp"

namespace common {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::Result;
using trellis::Schema;

bool is_value(std::string_view value) {
  return value.size() <= AttributeMappings::kMostValueBytes && events::is_attribute_text(value);
}

Result<void> read_fixed(const Config& properties, const std::string& name, AttributeMappings& out) {
  if (properties.contains("sourceField")) return fail("/properties/sourceField: belongs to the type Dynamic");
  const auto value = properties.find("value");
  if (!value) return fail("/properties: \"value\" is missing");
  std::string text = value->as_text();
  if (!is_value(text)) {
    return fail("/properties/value: is longer than 4096 bytes, has control characters, or is no UTF-8");
  }
  out.fixed.emplace_back(name, std::move(text));
  return trellis::ok();
}

Result<void> read_dynamic(const Config& properties, const std::string& name, cloud_event::Keys& keys,
                          AttributeMappings& out) {
  if (properties.contains("value") || properties.contains("isSecret")) {
    return fail("/properties: \"value\" and \"isSecret\" belong to the type Static");
  }
  const auto field = properties.find("sourceField");
  if (!field) return fail("/properties: \"sourceField\" is missing");
  const auto path = cloud_event::Path::parse(field->as_text());
  if (!path) return fail("/properties/sourceField: " + path.error().text);
  out.of_event.emplace_back(name, keys.add(*path, cloud_event::Keys::kWritten));
  return trellis::ok();
}

}  // namespace

bool AttributeMappings::sets(std::string_view name) const noexcept {
  const auto same = [&](const auto& one) { return one.first == name; };
  return std::any_of(fixed.begin(), fixed.end(), same) || std::any_of(of_event.begin(), of_event.end(), same);
}

void AttributeMappings::take(const cloud_event::Reading& said, NamedTexts& out) const {
  using Type = cloud_event::Value::Type;
  for (const auto& [name, slot] : of_event) {
    const cloud_event::Value& value = said[slot];
    const bool has_text = value.type == Type::text || value.type == Type::number || value.type == Type::boolean;
    if (has_text && is_value(value.text)) out.emplace_back(name, value.text);
  }
}

Schema attribute_mapping_schema(std::string_view name) {
  return Schema{}
      .text("name", {.help = name, .required = true, .minimum_length = 1})
      .choice("type", {"Static", "Dynamic"},
              {.help = "Static: the same value always. Dynamic: from the event.", .required = true})
      .object("properties",
              Schema{}
                  .secret("value", {.help = "Static: the value, at most 4096 bytes."})
                  .boolean("isSecret", {.help = "Static: the value is a secret. Here every value is treated as one."})
                  .text("sourceField", {.help = "Dynamic: where in the event the value is: subject, data.order.id. "
                                                "Of texts, numbers, true and false; of anything else there is none."}),
              {.help = "Where the value comes from.", .required = true});
}

Result<AttributeMappings> read_attribute_mappings(const std::vector<Config>& list, cloud_event::Keys& keys,
                                                  NameJudge judge) {
  AttributeMappings out;
  for (const Config& one : list) {
    const std::string name = one.text("name");
    if (name.size() > AttributeMappings::kMostNameBytes || !events::is_attribute_text(name)) {
      return fail(one.path() + "/name: is longer than 256 bytes, has control characters, or is no UTF-8");
    }
    if (auto right = judge(name); !right) return fail(one.path() + "/name: " + right.error().text);
    if (out.sets(name)) return fail(one.path() + "/name: there is a mapping of that name already");
    const Config properties = one.object("properties");
    const auto read =
        one.text("type") == "Static" ? read_fixed(properties, name, out) : read_dynamic(properties, name, keys, out);
    if (!read) return fail(one.path() + read.error().text);
  }
  return out;
}

}  // namespace common
