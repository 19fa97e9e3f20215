/// `trellis ctl record`: messages as calls of scripts, for `trellis lua replay`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

/// One line of a record of a message, as service-mqtt-http tells of it; empty where that is none.
std::string record_line(std::string_view message, std::int64_t ms_since_first);

int run_record(const CtlRequest& request, const Terminal& terminal);

}  // namespace management::ctl
