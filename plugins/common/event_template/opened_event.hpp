// A message as the event it is: the whole, and its parts.
#pragma once

#include <optional>
#include <string_view>
#include <trellis/message.hpp>
#include <trellis/view.hpp>

#include "common/cloud_event/reader.hpp"
#include "common/events/intake.hpp"
#include "common/events/parts.hpp"

namespace event_template {

/// Reads one event after the other into the same memory: of one thread.
class OpenedEvent {
 public:
  /// False where the message is no CloudEvent in JSON. Otherwise everything below is of it while the message lives, and
  /// until the next is opened.
  bool open(trellis::Message message);

  std::string_view json() const noexcept { return json_; }
  /// All but datacontenttype, each as text.
  trellis::Pairs attributes() const noexcept { return parts_.attributes(); }
  /// One of them, or datacontenttype; nothing where it is absent.
  std::optional<std::string_view> attribute(std::string_view name) const noexcept;
  std::optional<std::string_view> content_type() const noexcept { return parts_.content_type(); }
  std::string_view data() const noexcept { return parts_.data(); }

  /// This thread's.
  static OpenedEvent& here();

 private:
  events::Intake intake_{{.request_bytes = cloud_event::kMostEventBytes, .event_bytes = cloud_event::kMostEventBytes}};
  events::Parts parts_;
  std::string_view json_;
};

}  // namespace event_template
