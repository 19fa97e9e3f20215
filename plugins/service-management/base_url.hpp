/// Where the webhook of an event subscription is: told with every answer, kept nowhere.
#pragma once

#include <string>
#include <string_view>

namespace management {

/// properties, a JSON object, as answers show them. Webhooks have endpointBaseUrl, their endpointUrl in `stored`
/// without user and query, in place of what somebody put there.
std::string with_base_url(std::string_view type, std::string properties, std::string_view stored);

}  // namespace management
