/// The command line of `trellis ctl`.
#pragma once

#include <chrono>
#include <map>
#include <optional>
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
  /// The options of what is about events and keys, with their values in the order given; a flag's is empty.
  std::map<std::string, std::vector<std::string>, std::less<>> given;
  std::chrono::seconds timeout{30};
  bool json = false;
  bool help = false;

  // What words for topics and event subscriptions are turned into.
  std::string called;                     ///< as the user called it: "topic create"; empty: the action
  std::optional<std::string> properties;  ///< of put and patch: JSON, in place of files and pairs
  std::string parent_type;                ///< of list: those of the resource names[1] of this type alone
  bool only_new = false;                  ///< put refuses what is there

  bool has(std::string_view option) const { return given.find(option) != given.end(); }
  /// The last value of an option; empty where it was not given.
  std::string value(std::string_view option) const {
    const auto found = given.find(option);
    return found == given.end() ? std::string() : found->second.back();
  }
};

/// Reads the words after the verb. Answers what is wrong, or an empty text.
std::string read_words(const std::vector<std::string_view>& words, CtlRequest& request);

}  // namespace management::ctl
