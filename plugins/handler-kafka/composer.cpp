#include "composer.hpp"

namespace kafka {
namespace {

using cloud_event::Value;

std::optional<std::string> key_in(const Target& target, const cloud_event::Reading& said) {
  for (const std::uint32_t slot : target.key_slots) {
    const Value& value = said[slot];
    const bool has_text =
        value.type == Value::Type::text || value.type == Value::Type::number || value.type == Value::Type::boolean;
    if (has_text && !value.text.empty()) return std::string(value.text);
  }
  return std::nullopt;
}

}  // namespace

trellis::Result<void> Composer::compose(trellis::Message message, Record& record) {
  const Target& target = *record.target;
  const auto* const said = common::OutgoingReader::look(message, target.keys, target.of_topic);
  if (said == nullptr) return trellis::fail("the message says that it is a CloudEvent, and is none");
  record.key = key_in(target, *said);
  common::NamedTexts of_event;
  target.mappings.take(*said, of_event);
  const auto taken = reader_.take(message, target.of_topic, target.mode == Mode::binary);
  if (!taken) return taken.error();
  if (taken->content_type) record.headers.emplace_back("content-type", *taken->content_type);
  for (const auto& [name, value] : taken->attributes) record.headers.emplace_back("ce_" + std::string(name), value);
  if (!taken->event) common::append_mqtt_properties(message, record.headers);
  record.headers.insert(record.headers.end(), target.mappings.fixed.begin(), target.mappings.fixed.end());
  record.headers.insert(record.headers.end(), of_event.begin(), of_event.end());
  record.value = taken->body;
  return trellis::ok();
}

}  // namespace kafka
