#include "will.hpp"

#include <trellis/view.hpp>

#include "message_flags.hpp"

namespace trellis::mqtt {

Will::Will(const ConnectPacket& packet, const std::vector<trellis_pair>& user_properties, std::string_view client_id,
           std::string_view identity, std::uint32_t name_space, bool zero_expiry_never)
    : name_space_(name_space), delay_s_(packet.will.properties.will_delay) {
  const WillPacket& will = packet.will;
  const Properties& properties = will.properties;
  // Reserved in one piece: the views below must not move.
  storage_.reserve(will.topic.size() + will.payload.size() + properties.content_type.size() +
                   properties.response_topic.size() + properties.correlation_data.size() +
                   properties.user_property_bytes + client_id.size() + identity.size());
  client_id_ = keep(client_id);
  identity_ = keep(identity);
  user_properties_.reserve(user_properties.size());
  for (const trellis_pair& pair : user_properties) {
    const trellis_view name = keep(text(pair.name));
    user_properties_.push_back({name, keep(text(pair.value))});
  }
  publication_.struct_size = sizeof publication_;
  publication_.flags = message_flags(properties, zero_expiry_never) | flag_if(will.retain, TRELLIS_MESSAGE_RETAIN);
  publication_.topic = keep(will.topic);
  publication_.payload = keep(will.payload);
  publication_.content_type = keep(properties.content_type);
  publication_.response_topic = keep(properties.response_topic);
  publication_.correlation_data = keep(properties.correlation_data);
  publication_.user_properties = user_properties_.data();
  publication_.user_property_count = static_cast<std::uint32_t>(user_properties_.size());
  publication_.qos = will.qos;
  publication_.expiry_s = properties.message_expiry;
}

trellis_view Will::keep(std::string_view text) {
  const std::size_t begin = storage_.size();
  storage_ += text;
  return {storage_.data() + begin, text.size()};
}

}  // namespace trellis::mqtt
