// `trellis lua replay` and `profile`: scripts are asked about calls that were recorded.
#pragma once

#include <string>
#include <string_view>
#include <trellis/command.hpp>
#include <trellis/result.hpp>
#include <vector>

#include "common/lua_script/case_call.hpp"

namespace lua {

/// What both take.
struct RecordWords {
  std::string script;
  std::string record;   // empty: the script's cases
  std::string against;  // empty: nothing
  int times = 100;

  static trellis::Result<RecordWords> read(const std::vector<std::string_view>& words);
};

/// Reads a line each of a record, or the cases of a script. The text has to stay.
trellis::Result<std::vector<CaseCall>> read_record(std::string_view text);
trellis::Result<std::vector<CaseCall>> read_cases(std::string_view text);

int replay(const RecordWords& words, const trellis::Console& console);
int profile(const RecordWords& words, const trellis::Console& console);

}  // namespace lua
