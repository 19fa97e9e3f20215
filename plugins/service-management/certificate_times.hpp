/// When the certificates of authorities are good: told with every answer, kept nowhere.
#pragma once

#include <string>
#include <string_view>

namespace management {

/// properties, a JSON object, as answers show them. Certificate authorities have issueTimeInUtc and expiryTimeInUtc of
/// their certificate in place of what somebody put there, and neither where it cannot be read.
std::string with_certificate_times(std::string_view type, std::string properties);

}  // namespace management
