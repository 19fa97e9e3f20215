#include "user_lines.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace common {
namespace {

bool belongs_to(std::string_view line, std::string_view user) {
  return !is_comment(line) && line.substr(0, line.find(':')) == user;
}

}  // namespace

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_comment(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos || line.front() == '#';
}

std::string user_name_error(std::string_view user) {
  if (user.empty()) return "the user name is empty";
  if (user.size() > 65535) return "the user name is longer than 65535 bytes";
  if (user.find(':') != std::string_view::npos) return "the user name contains ':', which ends it in the file";
  if (std::any_of(user.begin(), user.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }))
    return "the user name contains a control character";
  if (is_comment(user)) return "the user name begins with '#', which makes the line a comment, or is blank";
  return {};
}

std::string with_user(std::string_view text, std::string_view user, std::string_view entry) {
  std::string made;
  const std::string own = std::string(user) + ':' + std::string(entry) + '\n';
  bool written = false;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (!belongs_to(line, user)) {
      made.append(line).push_back('\n');
    } else if (!std::exchange(written, true)) {
      made += own;
    }
  }
  if (!written) made += own;
  return made;
}

std::optional<std::string> without_user(std::string_view text, std::string_view user) {
  std::string made;
  bool found = false;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (belongs_to(line, user)) {
      found = true;
    } else {
      made.append(line).push_back('\n');
    }
  }
  if (!found) return std::nullopt;
  return made;
}

// FNV-1a over secret and name: it only has to spread names, nobody sees the result.
std::size_t place_of(std::string_view user, std::string_view secret, std::size_t count) {
  uint64_t value = 14695981039346656037u;
  for (const std::string_view part : {secret, user})
    for (const char letter : part) value = (value ^ static_cast<unsigned char>(letter)) * 1099511628211u;
  return (value ^ value >> 32) % count;
}

}  // namespace common
