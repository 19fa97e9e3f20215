// Compiled regular expressions of one script.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace re2 {
class RE2;
}

namespace lua {

/// The last ones used, by their text. RE2's time is linear in the subject, and its memory is bounded here: nothing of
/// it can be interrupted.
class Expressions {
 public:
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kLongestPattern = 1024;
  static constexpr std::size_t kLongestSubject = 64 * 1024;

  Expressions();
  ~Expressions();
  Expressions(const Expressions&) = delete;
  Expressions& operator=(const Expressions&) = delete;

  /// Null where the text is no expression, and then says why. Valid until the next call.
  const re2::RE2* find(std::string_view pattern, std::string& error);

 private:
  std::unordered_map<std::string, std::unique_ptr<re2::RE2>> compiled_;
  std::string key_;
};

}  // namespace lua
