#include "mqtt_bridge.hpp"

#include <trellis/topic.hpp>

namespace events_service {

void write_topic_of(std::string& out, std::string_view topic, std::string_view subject) {
  out.assign("events/").append(topic);
  if (subject.empty()) return;
  out += '/';
  for (const char c : subject) {
    if (c == '+') {
      out += "%2B";
    } else if (c == '#') {
      out += "%23";
    } else if (c == '%') {
      out += "%25";
    } else {
      out += c;
    }
  }
}

MqttBridge::MqttBridge(const trellis::Shard& shard, const events::IntakeRules& rules)
    : shard_(shard), table_(shard.host().table<trellis_host_publish>()), intake_(rules) {}

trellis_publication MqttBridge::structured(std::string_view event) const {
  trellis_publication message{};
  message.flags = TRELLIS_MESSAGE_HAS_CONTENT_TYPE | TRELLIS_MESSAGE_HAS_FORMAT | TRELLIS_MESSAGE_TEXT;
  message.payload = trellis::view(event);
  message.content_type = trellis::view(events::kStoredType);
  return message;
}

trellis_publication MqttBridge::binary(const events::Event& event) {
  parts_.take(event);
  trellis_publication message{};
  message.payload = trellis::view(parts_.data());
  if (const auto type = parts_.content_type()) {
    message.flags |= TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
    message.content_type = trellis::view(*type);
  }
  message.user_properties = parts_.attributes().data();
  message.user_property_count = static_cast<std::uint32_t>(parts_.attributes().size());
  return message;
}

bool MqttBridge::publish(std::string_view name_space, std::string_view topic, MqttMode mode, std::string_view event) {
  if (table_ == nullptr || intake_.read_one(event) != nullptr) return false;
  const events::Event& read = intake_.events().front();
  write_topic_of(topic_, topic, read.subject);
  if (!trellis::valid_topic_name(topic_)) return false;
  trellis_publication message = mode == MqttMode::binary ? binary(read) : structured(event);
  message.struct_size = sizeof message;
  message.topic = trellis::view(topic_);
  message.qos = 1;
  trellis_status status = TRELLIS_STATUS_UNSET;
  table_->publish_as(shard_.handle(), trellis::view(name_space), trellis::view(""), trellis::view(""), &message,
                     &status, 1);
  return status == TRELLIS_OK || status == TRELLIS_NO_MATCH || status == TRELLIS_DROPPED;
}

}  // namespace events_service
