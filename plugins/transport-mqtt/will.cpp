#include "will.hpp"

#include <trellis/view.hpp>

#include "message_flags.hpp"

namespace trellis::mqtt {

namespace {

trellis_publication said_by(const ConnectPacket& packet, const std::vector<trellis_pair>& user_properties,
                            bool zero_expiry_never) {
  const WillPacket& will = packet.will;
  const Properties& properties = will.properties;
  trellis_publication said{};
  said.struct_size = sizeof said;
  said.flags = message_flags(properties, zero_expiry_never) | flag_if(will.retain, TRELLIS_MESSAGE_RETAIN);
  said.topic = view(will.topic);
  said.payload = view(will.payload);
  said.content_type = view(properties.content_type);
  said.response_topic = view(properties.response_topic);
  said.correlation_data = view(properties.correlation_data);
  said.user_properties = user_properties.data();
  said.user_property_count = static_cast<std::uint32_t>(user_properties.size());
  said.qos = will.qos;
  said.expiry_s = properties.message_expiry;
  return said;
}

}  // namespace

Will::Will(const ConnectPacket& packet, const std::vector<trellis_pair>& user_properties, std::string_view client_id,
           std::string_view identity, std::uint32_t name_space, bool zero_expiry_never)
    : Will(said_by(packet, user_properties, zero_expiry_never), client_id, identity, name_space,
           packet.will.properties.will_delay) {}

Will::Will(const trellis_publication& said, std::string_view client_id, std::string_view identity,
           std::uint32_t name_space, std::uint32_t delay_s)
    : publication_(said), name_space_(name_space), delay_s_(delay_s) {
  // Reserved in one piece: the views below must not move.
  std::size_t size = client_id.size() + identity.size();
  for (const trellis_view& text :
       {said.topic, said.payload, said.content_type, said.response_topic, said.correlation_data}) {
    size += text.size;
  }
  for (std::uint32_t i = 0; i < said.user_property_count; ++i)
    size += said.user_properties[i].name.size + said.user_properties[i].value.size;
  storage_.reserve(size);
  client_id_ = keep(view(client_id));
  identity_ = keep(view(identity));
  for (trellis_view* text : {&publication_.topic, &publication_.payload, &publication_.content_type,
                             &publication_.response_topic, &publication_.correlation_data}) {
    *text = keep(*text);
  }
  user_properties_.reserve(said.user_property_count);
  for (std::uint32_t i = 0; i < said.user_property_count; ++i) {
    const trellis_view name = keep(said.user_properties[i].name);
    user_properties_.push_back({name, keep(said.user_properties[i].value)});
  }
  publication_.user_properties = user_properties_.data();
}

trellis_view Will::keep(trellis_view text) {
  const std::size_t begin = storage_.size();
  storage_.append(text.data, text.size);
  return {storage_.data() + begin, text.size};
}

}  // namespace trellis::mqtt
