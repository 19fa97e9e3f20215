/// Events as MQTT messages, by the MQTT binding of CloudEvents.
#pragma once

#include <trellis/abi/message.h>

#include <string_view>

#include "common/events/intake.hpp"
#include "common/events/parts.hpp"

namespace events_service {

/// Makes one after the other, without their topics. Of one thread.
class MqttForm {
 public:
  explicit MqttForm(const events::IntakeRules& rules) : intake_(rules) {}

  /// An event in its stored form, as the payload.
  static trellis_publication structured(std::string_view event);
  /// Its attributes are user properties, its data the payload. What views there are live until the next one.
  trellis_publication binary(const events::Event& event);
  /// Takes an event in its stored form apart; null where it is none. Lives until the next one.
  const events::Event* read(std::string_view event);

 private:
  events::Intake intake_;
  events::Parts parts_;
};

}  // namespace events_service
