/// Events as people read them.
#pragma once

#include <string>
#include <trellis/json.hpp>

namespace management::ctl {

/// One of a receive's answer, {"brokerProperties", "event"}, in one line: its type, its other attributes in the order
/// they have, and the data at the end.
std::string shown_event(const trellis::json::Value& received);

}  // namespace management::ctl
