// The command `trellis passwd`: adds, changes, removes and lists the users of a file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace password {

/// Where the command writes and what it asks.
struct Terminal {
  bool json = false;
  bool interactive = false;  // a person sits there: ask twice
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
  /// One line without echo; nothing at the end of the input.
  std::function<std::optional<std::string>(std::string_view prompt)> read_secret;
};

/// Runs the command with the words after the verb. Answers the exit code: 0 done, 1 failed, 2 wrong usage.
int run_passwd(const std::vector<std::string_view>& words, const Terminal& terminal);

}  // namespace password
