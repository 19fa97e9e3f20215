#include "common/cloud_event/event.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace cloud_event {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kBytes = "application/octet-stream";

char small(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals(std::string_view text, std::string_view expected) noexcept {
  if (text.size() != expected.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (small(text[i]) != expected[i]) return false;
  }
  return true;
}

bool begins(std::string_view text, std::string_view expected) noexcept {
  return equals(text.substr(0, expected.size()), expected);
}

bool ends(std::string_view text, std::string_view expected) noexcept {
  return text.size() >= expected.size() && equals(text.substr(text.size() - expected.size()), expected);
}

std::string_view without_parameters(std::string_view media_type) noexcept {
  media_type = media_type.substr(0, media_type.find(';'));
  while (media_type.starts_with(' ') || media_type.starts_with('\t')) media_type.remove_prefix(1);
  while (media_type.ends_with(' ') || media_type.ends_with('\t')) media_type.remove_suffix(1);
  return media_type;
}

bool has_required_attributes(trellis::Pairs pairs) noexcept {
  static constexpr std::array<std::string_view, 4> kRequired{"specversion", "id", "source", "type"};
  unsigned found = 0;
  for (const auto& [name, value] : pairs) {
    for (std::size_t i = 0; i < kRequired.size(); ++i) {
      if (name == kRequired[i]) found |= 1U << i;
    }
  }
  return found == 0xF;
}

// RFC 3339 in UTC with the seven digits that routed events have.
std::string_view write_time(std::int64_t unix_ms, char (&out)[32]) noexcept {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  const int size =
      std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03d0000Z", int(date.year()),
                    unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                    int(clock.minutes().count()), int(clock.seconds().count()), int(clock.subseconds().count()));
  return {out, static_cast<std::size_t>(size)};
}

}  // namespace

bool is_json_type(std::string_view media_type) noexcept {
  const std::string_view bare = without_parameters(media_type);
  return ends(bare, "/json") || (ends(bare, "+json") && bare.find('/') != std::string_view::npos);
}

bool is_text_type(std::string_view media_type) noexcept { return begins(without_parameters(media_type), "text/"); }

bool is_cloud_event_type(std::string_view media_type) noexcept {
  return begins(without_parameters(media_type), "application/cloudevents");
}

Event Event::structured(std::string_view json, std::size_t readable) noexcept {
  Event event;
  event.bytes_ = json;
  event.readable_ = readable;
  return event;
}

Event Event::event_grid(std::string_view json, std::size_t readable) noexcept {
  Event event = structured(json, readable);
  event.event_grid_ = true;
  return event;
}

Event Event::binary(trellis::Pairs attributes, std::string_view data, std::optional<std::string_view> content_type,
                    bool is_text) noexcept {
  Event event;
  event.form_ = Form::binary;
  event.bytes_ = data;
  event.attributes_ = attributes;
  event.content_type_ = content_type;
  if (content_type && is_json_type(*content_type)) {
    event.data_ = Data::json;
  } else if (content_type) {
    event.data_ = is_text || is_text_type(*content_type) ? Data::text : Data::none;
  } else {
    event.data_ = is_text ? Data::json_or_text : Data::none;
  }
  return event;
}

Event Event::taken_apart(trellis::Pairs attributes, std::string_view data, std::size_t readable,
                         std::string_view data_base64) noexcept {
  Event event = structured(data, readable);
  event.form_ = Form::tokens;
  event.attributes_ = attributes;
  event.data_base64_ = data_base64;
  return event;
}

Event Event::of(const trellis::Message& message, std::string_view source) noexcept {
  const bool typed = message.has(TRELLIS_MESSAGE_HAS_CONTENT_TYPE);
  if (typed && is_cloud_event_type(message.content_type())) return structured(message.payload());
  const auto content_type = typed ? std::optional(message.content_type()) : std::nullopt;
  if (has_required_attributes(message.user_properties())) {
    return binary(message.user_properties(), message.payload(), content_type, message.is_text());
  }
  Event event;
  event.form_ = Form::plain;
  event.bytes_ = message.payload();
  event.content_type_ = content_type;
  event.source_ = source;
  event.message_ = message.get();
  if (message.is_text() || (typed && is_json_type(message.content_type()))) event.data_ = Data::json_or_text;
  return event;
}

std::optional<std::string_view> Event::plain_attribute(std::string_view name, char (&time)[32]) const noexcept {
  const trellis::Message message(message_);
  if (name == "subject") return message.topic();
  if (name == "type") return "MQTT.EventPublished";
  if (name == "source" && !source_.empty()) return source_;
  if (name == "specversion") return "1.0";
  if (name == "time") return write_time(message.published_at().count(), time);
  // Without a content type the broker says what it took the payload for.
  if (name == "datacontenttype") return content_type_.value_or(data_ == Data::json_or_text ? kJson : kBytes);
  return std::nullopt;
}

}  // namespace cloud_event
