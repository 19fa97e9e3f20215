// A program that is run to its end: what it was given, what it printed, how it ended.
#pragma once

#include <string>
#include <vector>

namespace trellis::testing {

/// Exit code of a wrong configuration.
inline constexpr int kWrongConfiguration = 3;

struct CommandResult {
  int code = -1;  // exit code; 128 + n after signal n
  std::string out{};
  std::string err{};

  /// Everything, for failure messages.
  std::string describe() const;
};

/// Runs a program with `input` as its standard input and no terminal. `environment` holds further NAME=value. Throws
/// when it has not ended within a minute.
CommandResult run_command(const std::vector<std::string>& command, const std::string& input = {},
                          const std::vector<std::string>& environment = {});

/// The same for the trellis program; `words` are what follows its name.
CommandResult trellis(const std::vector<std::string>& words, const std::string& input = {},
                      const std::vector<std::string>& environment = {});

}  // namespace trellis::testing
