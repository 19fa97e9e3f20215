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
  /// Why the last one was null, or has nothing that enrichments add: it would not be an event with them. Else empty.
  const std::string& problem() const noexcept { return problem_; }

 private:
  bool take(const EnrichmentFacts& facts);
  bool accepted(const events::Problem* problem);
  bool take_structured(const trellis_message& message);
  bool take_binary(const trellis_message& message);
  bool make(const EnrichmentFacts& facts);
  bool enrich(const EnrichmentFacts& facts, const Enrichments& enrichments);

  events::Intake intake_;
  std::string text_;
  std::string values_;
  std::string problem_;
};

}  // namespace events_service
