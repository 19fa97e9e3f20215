/// What the command speaks to.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace management::ctl {

struct Terminal {
  bool json = false;
  bool interactive = false;  ///< a person sees what is written to err
  int output = -1;           ///< the descriptor of what out() writes to; -1: none
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
  std::function<bool()> written = {};  ///< whether all that was given to out() could be; none: it could
  std::function<void(std::string_view)> progress = {};  ///< err as it is, for what moves the cursor
  std::function<void(std::chrono::milliseconds)> wait = {};
  std::function<std::optional<std::string>(const char* name)> environment;
};

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

}  // namespace management::ctl
