// The users of one file, each with what the file says about them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "user_lines.hpp"

namespace common {

/// Immutable once parsed.
template <class Entry>
class UserTable {
 public:
  /// Reads what stands behind the ':'. On failure says in `why` what was found and what was expected; not the text
  /// itself, which may be a password somebody forgot to hash.
  using ParseEntry = std::optional<Entry> (*)(std::string_view text, std::string& why);

  /// Reads the text of a file; `name` is the file's name for messages, `shape` what a line looks like. Every mistake
  /// adds a line to `errors`, and the result is only good when none was added.
  static UserTable parse(std::string_view text, std::string_view name, std::string_view shape, ParseEntry parse_entry,
                         std::vector<std::string>& errors) {
    UserTable made;
    for (size_t number = 1; !text.empty(); ++number) {
      const std::string_view line = take_line(text);
      if (is_comment(line)) continue;
      const std::string error = made.add(line, shape, parse_entry);
      if (!error.empty()) errors.push_back(std::string(name) + ':' + std::to_string(number) + ": " + error);
    }
    return made;
  }

  /// Null for an unknown user.
  const Entry* find(std::string_view user) const {
    const auto found = users_.find(user);
    return found == users_.end() ? nullptr : &found->second;
  }

  size_t size() const { return users_.size(); }

  /// Calls visit(name, entry) in the order of names.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [user, entry] : users_) visit(std::string_view(user), entry);
  }

 private:
  std::string add(std::string_view line, std::string_view shape, ParseEntry parse_entry) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return "the ':' is missing, expected " + std::string(shape);
    if (colon == 0) return "the user name is missing, expected " + std::string(shape);
    const std::string user(line.substr(0, colon));
    std::string why;
    auto entry = parse_entry(line.substr(colon + 1), why);
    if (!entry) return "user \"" + user + "\": " + why;
    if (users_.try_emplace(user, std::move(*entry)).second) return {};
    return "user \"" + user + "\" is there already; remove one of the lines";
  }

  std::map<std::string, Entry, std::less<>> users_;  // transparent: looked up by view
};

/// All mistakes of a file as one text; a long list is cut, its first lines are what people need.
inline std::string joined(const std::vector<std::string>& errors) {
  constexpr size_t kMost = 5;
  std::string text;
  for (size_t i = 0; i < errors.size() && i < kMost; ++i) text += (i > 0 ? "; " : "") + errors[i];
  if (errors.size() > kMost) text += "; and " + std::to_string(errors.size() - kMost) + " more";
  return text;
}

}  // namespace common
