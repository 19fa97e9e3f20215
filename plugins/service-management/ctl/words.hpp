/// The command line of `trellis ctl`.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace management::ctl {

struct CtlRequest {
  std::string action;              ///< "get"; empty: only help is wanted
  std::vector<std::string> names;  ///< what follows it without a dash
  std::vector<std::string> files;
  std::string server;
  std::string token_file;
  std::string name_space = "default";
  std::string filter;
  std::string client;
  std::string publish;
  std::string subscribe;
  std::chrono::seconds timeout{30};
  bool json = false;
  bool help = false;
};

/// Reads the words after the verb. Answers what is wrong, or an empty text.
std::string read_words(const std::vector<std::string_view>& words, CtlRequest& request);

}  // namespace management::ctl
