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
    : shard_(shard), table_(shard.host().table<trellis_host_publish>()), form_(rules) {}

bool MqttBridge::publish(std::string_view name_space, std::string_view topic, MqttMode mode, std::string_view event) {
  const events::Event* const read = table_ == nullptr ? nullptr : form_.read(event);
  if (read == nullptr) return false;
  write_topic_of(topic_, topic, read->subject);
  if (!trellis::valid_topic_name(topic_)) return false;
  trellis_publication message = mode == MqttMode::binary ? form_.binary(*read) : MqttForm::structured(event);
  message.topic = trellis::view(topic_);
  message.qos = 1;
  trellis_status status = TRELLIS_STATUS_UNSET;
  table_->publish_as(shard_.handle(), trellis::view(name_space), trellis::view(""), trellis::view(""), &message,
                     &status, 1);
  return status == TRELLIS_OK || status == TRELLIS_NO_MATCH || status == TRELLIS_DROPPED;
}

}  // namespace events_service
