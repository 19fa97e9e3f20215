/// Takes what a publisher sent to /api/events, as Event Grid's basic tier does: all of its events, or none and the
/// reason.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <trellis/service.hpp>

#include "basic/conversion.hpp"
#include "common/events/intake.hpp"

namespace events_service {

/// Of one thread, as events::Intake.
class BasicIntake {
 public:
  /// events: most of one request. rules: for all else.
  BasicIntake(const events::IntakeRules& rules, std::size_t events);

  /// As that of events::Intake. mapping: of application/json; null: it is CloudEvents. topic: whose events have none of
  /// their own.
  const events::Problem* read(const trellis::Request& request, const SchemaMapping* mapping, std::string_view topic);
  std::span<const events::Event> events() const noexcept { return intake_.events(); }

 private:
  const events::Problem* refuse(events::Problem problem);
  const events::Problem* read_batch(const trellis::Request& request, std::string_view body, std::size_t readable);

  const std::size_t request_bytes_;
  events::Intake intake_;
  Conversion conversion_;
  events::Problem problem_;
};

}  // namespace events_service
