// Cases of a script: messages, and what it shall make of them.
#pragma once

#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "runner.hpp"

namespace lua {

struct CaseResult {
  std::string name;
  std::string difference;  // empty where it came out as expected
};

/// Where the cases of a script lie: rule.lua has them in rule.cases.json beside it.
std::string cases_path(std::string_view script_path);

/// Runs all cases in order, in one state with a store of its own, on a clock that begins at 0 and moves as they say.
/// Fails where the script does not load or the text is no list of cases.
trellis::Result<std::vector<CaseResult>> run_cases(const Source& script, std::string_view cases, const Limits& limits);

}  // namespace lua
