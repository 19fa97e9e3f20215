/// JSON and lists for people.
#pragma once

#include <string>
#include <trellis/json.hpp>
#include <vector>

namespace management::ctl {

/// The value over several lines, without a line end behind.
std::string pretty(const trellis::json::Value& value);
/// The value in one line.
std::string in_one_line(const trellis::json::Value& value);
/// Columns side by side; the first row is their heads.
std::string table(std::vector<std::vector<std::string>> rows);

}  // namespace management::ctl
