/// MQTT messages as CloudEvents.
#pragma once

#include <trellis/abi/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "common/events/intake.hpp"
#include "enrichments.hpp"

namespace events_service {

/// Of one thread.
class Envelope {
 public:
  explicit Envelope(const events::IntakeRules& rules) : intake_(rules) {}

  /// The event that a message is, by the MQTT binding of CloudEvents, or becomes, with what `enrichments` add. Null
  /// where it is none and none can be made of it: it is too large. Stays until the next call.
  const events::Event* wrap(const EnrichmentFacts& facts, const Enrichments& enrichments);

 private:
  bool take_structured(const trellis_message& message);
  bool take_binary(const trellis_message& message);
  bool make(const EnrichmentFacts& facts);
  bool enrich(const EnrichmentFacts& facts, const Enrichments& enrichments);

  events::Intake intake_;
  std::string text_;
  std::string values_;
};

}  // namespace events_service
