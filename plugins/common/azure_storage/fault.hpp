// What an answer of a storage account means for whoever asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/handler.hpp>

#include "common/http/client.hpp"

namespace azure_storage {

enum class Outcome { done, retry, refused };

struct Verdict {
  Outcome outcome = Outcome::done;
  trellis::Cause cause = trellis::Cause::none;
  std::uint32_t code = 0;              ///< the status
  std::chrono::milliseconds after{0};  ///< retry: not before
  std::string reason = {};             ///< "queue orders at http://…: status 404 (QueueNotFound)"

  void settle(trellis::Settlement& settlement) const;
};

/// who: begins the reason. Refused is what is wrong with this one request, and never who asks: keys and permissions
/// are put right while events wait.
Verdict judge(trellis::http::ClientResult& result, std::string_view who);

/// "QueueNotFound": of the header, or of the body. Empty where the answer has none that may be one.
std::string_view error_code(const trellis::http::ClientResponse& answer);

}  // namespace azure_storage
