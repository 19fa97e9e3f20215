// The file of users: one `user:hash` line each.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hash.hpp"

namespace password {

/// The users of one file. Immutable once parsed.
class Users {
 public:
  Users() = default;
  Users(Users&&) = default;  // no copies: by_index_ points into users_
  Users& operator=(Users&&) = default;

  /// Reads the text of a file; `name` is the file's name for messages. Every mistake adds a line to `errors`, and the
  /// result is only good when none was added.
  static Users parse(std::string_view text, std::string_view name, std::vector<std::string>& errors);

  /// Null for an unknown user.
  const Hash* find(std::string_view user) const;

  /// A hash no password gives, with the cost of some user of the file: always the same one for the same name, so that
  /// how long a check takes does not tell whether the name exists. `secret` keeps the choice from being foreseen.
  Hash decoy(std::string_view user, std::string_view secret) const;

  size_t size() const { return users_.size(); }

  /// Calls visit(name, hash) in the order of names.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [user, hash] : users_) visit(std::string_view(user), hash);
  }

 private:
  std::map<std::string, Hash, std::less<>> users_;  // transparent: looked up by view
  std::vector<const Hash*> by_index_;
};

/// What is wrong with a name for use in the file, or an empty text.
std::string user_name_error(std::string_view user);

/// The file's text with the line of `user` replaced or added. Comments and other lines stay as they are.
std::string with_user(std::string_view text, std::string_view user, std::string_view hash);

/// The text without the line of `user`, or nothing where there is none.
std::optional<std::string> without_user(std::string_view text, std::string_view user);

}  // namespace password
