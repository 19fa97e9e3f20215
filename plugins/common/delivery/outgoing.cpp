#include "outgoing.hpp"

#include <algorithm>

namespace common {
namespace {

constexpr std::size_t kMostPropertyBytes = std::size_t{16} << 10U;
constexpr std::string_view kNoEvent = "the message says that it is a CloudEvent, and is none";

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool is_structured_event(trellis::Message message) noexcept {
  static constexpr std::string_view kType = "application/cloudevents+json";
  const std::string_view type = message.content_type();
  std::string_view bare = type.substr(0, type.find(';'));
  while (!bare.empty() && bare.back() == ' ') bare.remove_suffix(1);
  return std::equal(bare.begin(), bare.end(), kType.begin(), kType.end(), [](char a, char b) { return small(a) == b; });
}

const cloud_event::Reading* OutgoingReader::look(trellis::Message message, const cloud_event::Keys& keys,
                                                 bool of_topic) {
  const auto event = of_topic ? cloud_event::Event::structured(message.payload()) : cloud_event::Event::of(message);
  return cloud_event::read(event, keys, cloud_event::kMostEventBytes);
}

trellis::Result<Outgoing> OutgoingReader::take(trellis::Message message, bool of_topic, bool binary) {
  Outgoing out;
  out.body = message.payload();
  out.event = of_topic || is_structured_event(message);
  if (!out.event) {
    if (!message.content_type().empty()) out.content_type = message.content_type();
    return out;
  }
  out.content_type = events::kStoredType;
  // Events of a topic were read when they came, and go out as they lie there.
  if (of_topic && !binary) return out;
  if (intake_.read_one(message.payload()) != nullptr) return trellis::fail(std::string(kNoEvent));
  if (!binary) return out;
  parts_.take(intake_.events().front());
  out.attributes = parts_.attributes();
  out.content_type = parts_.content_type();
  out.body = parts_.data();
  return out;
}

void append_mqtt_properties(trellis::Message message, NamedTexts& out) {
  out.emplace_back("mqtt-topic", message.topic());
  std::size_t bytes = 0;
  for (const auto& [name, value] : message.user_properties()) {
    bytes += name.size() + value.size();
    if (bytes > kMostPropertyBytes) break;
    out.emplace_back("mqtt-property-" + std::string(name), value);
  }
}

}  // namespace common
