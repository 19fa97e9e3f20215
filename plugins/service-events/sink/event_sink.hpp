/// Takes events of other plugins into topics.
#pragma once

#include "common/event_sink/event_sink.hpp"

namespace events_service {

/// What the plugin lends.
const common::EventSink& event_sink() noexcept;

}  // namespace events_service
