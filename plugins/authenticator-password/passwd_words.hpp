// The command line of `trellis passwd`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hash.hpp"

namespace password {

enum class PasswdTask { set, remove, list, help };

/// What the words of `trellis passwd` ask for.
struct PasswdRequest {
  PasswdTask task = PasswdTask::set;
  std::string file;
  std::string user;
  Algorithm algorithm = Algorithm::scrypt;
  bool once = false;  // do not ask for the password a second time
  bool json = false;
};

/// How the command line and its output call an algorithm.
std::string_view name_of(Algorithm algorithm);

/// Reads the words after the verb into `request`. Answers what is wrong, or an empty text.
std::string read_words(const std::vector<std::string_view>& words, PasswdRequest& request);

}  // namespace password
