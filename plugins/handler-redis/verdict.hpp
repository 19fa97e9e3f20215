// What errors of Redis mean for an event.
#pragma once

#include <string>
#include <string_view>

#include "common/verdict/verdict.hpp"

namespace redis {

/// Of "WRONGTYPE Operation against …". who begins the reason.
common::Verdict judge_error(std::string_view text, std::string_view who);
/// The same of an answer to AUTH, where older servers say no more than ERR.
common::Verdict judge_authentication(std::string_view text, std::string_view who);
/// Whether nothing else will go on this connection either.
bool ends_connection(std::string_view text);

}  // namespace redis
