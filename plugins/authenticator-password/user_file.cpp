// Reads and edits the file of users.
#include "user_file.hpp"

#include <algorithm>
#include <utility>

namespace password {
namespace {

/// Cuts the first line off `text`, without its end.
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

bool belongs_to(std::string_view line, std::string_view user) {
  return !is_comment(line) && line.substr(0, line.find(':')) == user;
}

// FNV-1a over secret and name: it only has to spread names, nobody sees the result.
uint64_t spread(std::string_view secret, std::string_view name) {
  uint64_t value = 14695981039346656037u;
  for (const std::string_view part : {secret, name})
    for (const char letter : part) value = (value ^ static_cast<unsigned char>(letter)) * 1099511628211u;
  return value ^ value >> 32;
}

}  // namespace

Users Users::parse(std::string_view text, std::string_view name, std::vector<std::string>& errors) {
  Users made;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (is_comment(line)) continue;
    const auto fail = [&, number](const std::string& what) {
      errors.push_back(std::string(name) + ':' + std::to_string(number) + ": " + what);
    };
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      fail(colon == 0 ? "the user name is missing, expected user:hash" : "the ':' is missing, expected user:hash");
      continue;
    }
    const std::string user(line.substr(0, colon));
    std::string why;
    auto hash = parse_hash(line.substr(colon + 1), why);
    if (!hash) {
      fail("user \"" + user + "\": " + why);
    } else if (!made.users_.try_emplace(user, std::move(*hash)).second) {
      fail("user \"" + user + "\" is there already; remove one of the lines");
    }
  }
  for (const auto& [user, hash] : made.users_) made.by_index_.push_back(&hash);
  return made;
}

const Hash* Users::find(std::string_view user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? nullptr : &found->second;
}

Hash Users::decoy(std::string_view user, std::string_view secret) const {
  Hash hash;
  if (by_index_.empty()) {
    hash.log2_n = 14;
    hash.r = 8;
    hash.p = 1;
    hash.salt.assign(16, '\0');
    hash.digest.assign(32, '\0');
  } else {
    hash = *by_index_[spread(secret, user) % by_index_.size()];
    std::fill(hash.digest.begin(), hash.digest.end(), '\0');
  }
  return hash;
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

std::string with_user(std::string_view text, std::string_view user, std::string_view hash) {
  std::string made;
  const std::string own = std::string(user) + ':' + std::string(hash) + '\n';
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

}  // namespace password
