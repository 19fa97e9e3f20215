/// What the command reads beside its words.
#pragma once

#include <string>
#include <trellis/result.hpp>

namespace management::ctl {

/// A file; "-" is the standard input.
trellis::Result<std::string> read_text(const std::string& path);
/// What an option was given: the text itself, or that of a file, "@FILE", or of the standard input, "-".
trellis::Result<std::string> read_argument(const std::string& argument);

}  // namespace management::ctl
