/// What an answer tells about a resource that is not kept with it but follows from it.
#pragma once

#include <string>
#include <string_view>

namespace management {

/// properties, a JSON object, as answers show them. Certificate authorities have issueTimeInUtc and expiryTimeInUtc of
/// their certificate in place of what somebody put there, and neither where it cannot be read.
std::string with_told(std::string_view type, std::string properties);

}  // namespace management
