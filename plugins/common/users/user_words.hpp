// The command line of a verb that manages a file of users.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace common {

enum class UserTask { set, remove, list, help };

/// What the words after the verb ask for.
struct UserRequest {
  UserTask task = UserTask::set;
  std::string file;
  std::string user;
  bool once = false;  // do not ask for the password a second time
  bool json = false;
};

/// An option only this verb has, which takes a value.
struct OwnOption {
  std::string_view name;  // "--algorithm"
  /// Takes the value, or says what was expected: "scrypt or pbkdf2".
  std::function<std::string(std::string_view value)> take;
};

/// Reads the words after the verb into `request`. Answers what is wrong, or an empty text.
std::string read_words(const std::vector<std::string_view>& words, const std::vector<OwnOption>& own,
                       UserRequest& request);

}  // namespace common
