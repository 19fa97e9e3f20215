// What an answer of a storage account means for whoever asked.
#pragma once

#include <string_view>

#include "common/http/client.hpp"
#include "common/verdict/verdict.hpp"

namespace azure_storage {

/// who: begins the reason. Refused is what is wrong with this one request, and never who asks: keys and permissions
/// are put right while events wait. What was not sent is for later.
common::Verdict judge(trellis::http::ClientResult& result, std::string_view who);

/// "QueueNotFound": of the header, or of the body. Empty where the answer has none that may be one.
std::string_view error_code(const trellis::http::ClientResponse& answer);

}  // namespace azure_storage
