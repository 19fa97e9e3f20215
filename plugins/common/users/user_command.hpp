// A verb that adds, changes, removes and lists the users of a file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/command.hpp>
#include <vector>

#include "user_words.hpp"

namespace common {

/// Where the command writes and what it asks.
struct Terminal {
  bool json = false;
  bool interactive = false;  // a person sits there: ask twice
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
  /// One line without echo; nothing at the end of the input.
  std::function<std::optional<std::string>(std::string_view prompt)> read_secret;

  /// Refers to the console, which has to outlive it.
  static Terminal of(const trellis::Console& console);
};

/// What differs from one verb to the next.
struct UserCommand {
  std::string_view verb;    // "passwd"
  std::string_view manual;  // printed for --help and wrong usage
  std::vector<OwnOption> options = {};
  std::string_view detail = {};  // what is listed beside the user's name: "algorithm"

  /// Changes what the file says, for example a header line it has to have, before a user is set. May be empty.
  std::function<std::string(const std::string& text)> prepare = {};
  /// What is wrong with a name beyond what no file can hold. May be empty.
  std::function<std::string(std::string_view user)> check_name = {};
  /// What the file is to say for a password; nothing, with the reason, where it cannot be made.
  std::function<std::optional<std::string>(std::string_view password, std::string& why)> make_entry = {};
  /// Reads a file's text: each user with the detail, and what is wrong with it.
  using Visit = std::function<void(std::string_view user, std::string_view detail)>;
  std::function<std::vector<std::string>(std::string_view text, const std::string& file, const Visit& visit)> read = {};
};

/// Runs the command with the words after the verb. Answers the exit code: 0 done, 1 failed, 2 wrong usage.
int run_user_command(const UserCommand& command, const std::vector<std::string_view>& words, const Terminal& terminal);

}  // namespace common
