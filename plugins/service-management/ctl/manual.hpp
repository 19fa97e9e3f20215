/// What --help prints.
#pragma once

#include <string_view>

namespace management::ctl {

std::string_view manual() noexcept;

}  // namespace management::ctl
