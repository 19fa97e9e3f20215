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

/// The last ones used, by their text. Nothing of RE2 can be interrupted, so its memory is bounded here, and so is its
/// time: at worst it looks at each instruction of the expression for each byte of the subject.
class Expressions {
 public:
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kLongestPattern = 1024;
  static constexpr std::size_t kLongestSubject = 64 * 1024;
  static constexpr std::size_t kMostWork = 1024 * 1024;  // instructions times bytes: some 10 ms at worst

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
