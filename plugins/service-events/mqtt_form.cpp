#include "mqtt_form.hpp"

#include <trellis/view.hpp>

namespace events_service {

trellis_publication MqttForm::structured(std::string_view event) {
  trellis_publication message{};
  message.struct_size = sizeof message;
  message.flags = TRELLIS_MESSAGE_HAS_CONTENT_TYPE | TRELLIS_MESSAGE_HAS_FORMAT | TRELLIS_MESSAGE_TEXT;
  message.payload = trellis::view(event);
  message.content_type = trellis::view(events::kStoredType);
  return message;
}

trellis_publication MqttForm::binary(const events::Event& event) {
  parts_.take(event);
  trellis_publication message{};
  message.struct_size = sizeof message;
  message.payload = trellis::view(parts_.data());
  if (const auto type = parts_.content_type()) {
    message.flags |= TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
    message.content_type = trellis::view(*type);
  }
  message.user_properties = parts_.attributes().data();
  message.user_property_count = static_cast<std::uint32_t>(parts_.attributes().size());
  return message;
}

const events::Event* MqttForm::read(std::string_view event) {
  return intake_.read_one(event) == nullptr ? &intake_.events().front() : nullptr;
}

}  // namespace events_service
