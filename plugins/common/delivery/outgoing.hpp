// What a handler takes of a message: an event in JSON or in its parts, or a message that is none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <trellis/message.hpp>
#include <trellis/result.hpp>

#include "common/cloud_event/reader.hpp"
#include "common/delivery/attribute_mappings.hpp"
#include "common/events/intake.hpp"
#include "common/events/parts.hpp"

namespace common {

/// All are borrowed until the next message is read.
struct Outgoing {
  bool event = false;         ///< and not any MQTT message
  std::string_view body;      ///< the event in JSON, or its data
  trellis::Pairs attributes;  ///< in binary mode: all but datacontenttype
  std::optional<std::string_view> content_type;
};

/// Of one thread: messages are read into its memory, one after the other.
class OutgoingReader {
 public:
  /// What the message says for the keys, until anything is read again by this thread. of_topic: an event subscription
  /// delivers it, so that it is an event and has no content type to say so. Null where it claims to be an event and is
  /// none.
  static const cloud_event::Reading* look(trellis::Message message, const cloud_event::Keys& keys, bool of_topic);

  /// binary: attributes apart from data.
  trellis::Result<Outgoing> take(trellis::Message message, bool of_topic, bool binary);

 private:
  events::Intake intake_{{.request_bytes = cloud_event::kMostEventBytes, .event_bytes = cloud_event::kMostEventBytes}};
  events::Parts parts_;
};

/// One CloudEvent in JSON, and not a list of them, as its content type says.
bool is_structured_event(trellis::Message message) noexcept;

/// Of a message that is no event: "mqtt-topic", and "mqtt-property-<name>" for each user property, of 16 KiB at most.
void append_mqtt_properties(trellis::Message message, NamedTexts& out);

}  // namespace common
