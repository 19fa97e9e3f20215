/// Events of a topic as MQTT messages, by the MQTT binding of CloudEvents.
#pragma once

#include <trellis/abi/message.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/shard.hpp>
#include <vector>

#include "common/events/intake.hpp"
#include "mqtt_form.hpp"
#include "settings.hpp"

namespace events_service {

/// Publishes to "events/<topic>/<subject>", or "events/<topic>" of an event without a subject. Of one shard.
class MqttBridge {
 public:
  MqttBridge(const trellis::Shard& shard, const events::IntakeRules& rules);

  /// An event in its stored form. False where the broker did not take it.
  bool publish(std::string_view name_space, std::string_view topic, MqttMode mode, std::string_view event);

 private:
  const trellis::Shard& shard_;
  const trellis_host_publish* table_;
  MqttForm form_;
  std::string topic_;
};

/// What stands for a topic and a subject. What no topic name may hold is percent-encoded.
void write_topic_of(std::string& out, std::string_view topic, std::string_view subject);

}  // namespace events_service
