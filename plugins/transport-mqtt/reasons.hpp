/// What reason codes are called in metrics and explained as to people.
#pragma once

#include <string_view>

#include "common/mqtt/protocol.hpp"

namespace trellis::mqtt {

/// snake_case, for metric labels and logs; "other" for codes a broker never uses.
std::string_view reason_name(Reason reason) noexcept;

/// A short sentence for the client, used where nothing more exact is known; empty for successes.
std::string_view reason_text(Reason reason) noexcept;

}  // namespace trellis::mqtt
