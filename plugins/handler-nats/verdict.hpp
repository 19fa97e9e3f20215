// What a NATS server's errors and a stream's acknowledgements mean for an event.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/verdict/verdict.hpp"

namespace nats {

/// Of -ERR: the connection's, or of one subject that may not be published to.
struct ServerError {
  common::Verdict verdict;
  std::optional<std::string> subject = std::nullopt;
};
ServerError judge_error(std::string_view text, std::string_view who);

/// Of {"stream": …, "seq": …} or {"error": {"code", "err_code", "description"}}; nothing where it is neither.
std::optional<common::Verdict> judge_ack(std::string_view json, std::string_view who);

}  // namespace nats
