#include "common/event_template/opened_event.hpp"

namespace event_template {

bool OpenedEvent::open(trellis::Message message) {
  json_ = message.payload();
  if (intake_.read_one(json_) != nullptr) return false;
  parts_.take(intake_.events().front());
  return true;
}

std::optional<std::string_view> OpenedEvent::attribute(std::string_view name) const noexcept {
  if (name == "datacontenttype") return content_type();
  for (const auto& [key, value] : attributes()) {
    if (key == name) return value;
  }
  return std::nullopt;
}

OpenedEvent& OpenedEvent::here() {
  thread_local OpenedEvent mine;
  return mine;
}

}  // namespace event_template
