#include "composer.hpp"

#include <algorithm>
#include <trellis/json.hpp>

#include "common/http/characters.hpp"
#include "common/http/target.hpp"
#include "event_text.hpp"

namespace hooks {
namespace {

using cloud_event::Value;
using trellis::Message;
using trellis::Result;

constexpr std::string_view kEventGridType = "application/json; charset=utf-8";
constexpr std::string_view kBatchType = "application/cloudevents-batch+json; charset=utf-8";
// Of an MQTT message that is no event: what does not fit is left out, for servers refuse requests with long heads.
constexpr std::size_t kMostPropertyBytes = std::size_t{16} << 10U;

/// One CloudEvent in JSON, and not a list of them.
bool is_event(Message message) {
  const std::string_view type = message.content_type();
  static constexpr std::string_view kType = "application/cloudevents+json";
  const std::string_view bare = trellis::http::trim(type.substr(0, type.find(';')));
  return trellis::http::equals_ignoring_case(bare, kType);
}

// As the header has it.
std::string data_version(const events::Event& event) {
  static constexpr std::string_view kUsual = "1.0";
  for (const auto& [name, token] : event.attributes) {
    if (name != "dataversion") continue;
    const auto said = trellis::json::parse(token);
    const bool fits = said && !said->text.empty() && is_header_value(said->text);
    return fits ? said->text : std::string(token.starts_with('"') ? kUsual : token);
  }
  return std::string(kUsual);
}

bool listed(Mode mode) { return mode == Mode::batch || mode == Mode::event_grid; }

}  // namespace

std::string_view list_type(Mode mode) { return mode == Mode::event_grid ? kEventGridType : kBatchType; }

Result<Piece> Composer::compose(const Target& target, Message message) {
  Piece piece;
  // What an event subscription delivers is an event, whose content type goes without saying.
  if (!target.checked_before && !is_event(message)) {
    compose_plain(target, message, piece);
  } else if (auto composed = compose_event(target, message, piece); !composed) {
    return composed.error();
  }
  return piece;
}

void Composer::take_headers(const Target& target, const cloud_event::Reading& said, Piece& piece) {
  for (const DynamicHeader& header : target.dynamic) {
    const Value& value = said[header.slot];
    const bool has_text =
        value.type == Value::Type::text || value.type == Value::Type::number || value.type == Value::Type::boolean;
    if (has_text && is_header_value(value.text)) piece.of_event.emplace_back(header.name, value.text);
  }
}

void Composer::compose_plain(const Target& target, Message message, Piece& piece) {
  const std::string arrived = std::to_string(message.published_at().count());
  piece.id = stable_uuid({target.subscription, message.topic(), message.publisher(), message.payload(), arrived});
  // As it is, if it can stand in a header; some type there has to be.
  const bool typed = !message.content_type().empty() && is_header_value(message.content_type());
  piece.content_type = typed               ? message.content_type()
                       : message.is_text() ? "text/plain; charset=utf-8"
                                           : "application/octet-stream";
  // As attributes of events are written, so that any topic and any property can stand in a header.
  const auto add = [&](std::string name, std::string_view value) {
    std::string encoded;
    events::append_header_value(encoded, value);
    piece.headers.emplace_back(std::move(name), std::move(encoded));
  };
  add("mqtt-topic", message.topic());
  if (!target.dynamic.empty()) {
    const auto* const said =
        cloud_event::read(cloud_event::Event::of(message), target.keys, cloud_event::kMostEventBytes);
    if (said != nullptr) take_headers(target, *said, piece);
  }
  std::size_t bytes = 0;
  for (const auto& [name, value] : message.user_properties()) {
    std::string header = "mqtt-property-" + trellis::http::percent_encode(name);
    bytes += header.size() + 3 * value.size();
    if (bytes > kMostPropertyBytes) break;
    add(std::move(header), value);
  }
}

Result<void> Composer::compose_event(const Target& target, Message message, Piece& piece) {
  const auto* const said =
      cloud_event::read(cloud_event::Event::structured(message.payload()), target.keys, cloud_event::kMostEventBytes);
  if (said == nullptr) return trellis::fail("the message says that it is a CloudEvent, and is none");
  piece.id = stable_uuid({target.subscription, (*said)[target.source_slot].text, (*said)[target.id_slot].text,
                          std::to_string(message.published_at().count())});
  take_headers(target, *said, piece);
  piece.event = true;
  piece.listed = listed(target.mode);
  piece.content_type = events::kStoredType;
  const bool taken_apart = target.mode == Mode::binary || target.mode == Mode::event_grid;
  // Events of a topic were read when they came, and go out as they lie there.
  if (!taken_apart && target.checked_before) return trellis::ok();
  if (intake_.read_one(message.payload()) != nullptr) {
    return trellis::fail("the message says that it is a CloudEvent, and is none");
  }
  const events::Event& event = intake_.events().front();
  if (target.mode == Mode::binary) compose_binary(event, piece);
  if (target.mode == Mode::event_grid) {
    append_event_grid(piece.text.emplace(), event, message.published_at());
    piece.data_version = data_version(event);
  }
  return trellis::ok();
}

void Composer::compose_binary(const events::Event& event, Piece& piece) {
  parts_.take(event);
  for (const auto& [name, value] : parts_.attributes()) {
    std::string encoded;
    events::append_header_value(encoded, value);
    piece.headers.emplace_back("ce-" + std::string(name), std::move(encoded));
  }
  piece.content_type = parts_.content_type().value_or(std::string_view());
  piece.text = parts_.data();
}

}  // namespace hooks
