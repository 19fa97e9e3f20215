// Turns messages into requests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <trellis/message.hpp>
#include <trellis/result.hpp>
#include <utility>
#include <vector>

#include "common/cloud_event/reader.hpp"
#include "common/events/intake.hpp"
#include "common/events/parts.hpp"
#include "common/http/client.hpp"
#include "target.hpp"

namespace hooks {

/// What one message adds to a request.
struct Piece {
  std::string id;                         // of the delivery: the same whenever it is tried
  bool event = false;                     // and not any MQTT message
  bool listed = false;                    // it is an element of a list, and others may stand beside it
  std::optional<std::string> text;        // body, or element; nothing: the message's payload as it is
  std::string content_type;               // of a request that it is alone in
  trellis::http::ClientHeaders headers;   // of that request
  trellis::http::ClientHeaders of_event;  // those that the subscription takes from the event
  std::string data_version;               // in Event Grid's schema

  std::string_view body(trellis::Message message) const { return text ? std::string_view(*text) : message.payload(); }
};

/// Of one shard: events are read into its memory, one after the other.
class Composer {
 public:
  /// A sentence where the message claims to be an event and is none that can be sent.
  trellis::Result<Piece> compose(const Target& target, trellis::Message message);

 private:
  static void take_headers(const Target& target, const cloud_event::Reading& said, Piece& piece);
  static void compose_plain(const Target& target, trellis::Message message, Piece& piece);
  trellis::Result<void> compose_event(const Target& target, trellis::Message message, Piece& piece);
  void compose_binary(const events::Event& event, Piece& piece);

  events::Intake intake_{{.request_bytes = cloud_event::kMostEventBytes, .event_bytes = cloud_event::kMostEventBytes}};
  events::Parts parts_;
};

/// The content type of a list in that mode.
std::string_view list_type(Mode mode);

}  // namespace hooks
