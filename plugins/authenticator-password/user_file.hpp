// The file of users: one `user:hash` line each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/users/user_table.hpp"
#include "hash.hpp"

namespace password {

/// The users of one file. Immutable once parsed.
class Users {
 public:
  Users() = default;
  Users(Users&&) = default;  // no copies: by_index_ points into table_
  Users& operator=(Users&&) = default;

  /// Reads the text of a file; `name` is the file's name for messages. Every mistake adds a line to `errors`, and the
  /// result is only good when none was added.
  static Users parse(std::string_view text, std::string_view name, std::vector<std::string>& errors);

  /// Null for an unknown user.
  const Hash* find(std::string_view user) const { return table_.find(user); }

  /// A hash no password gives, with the cost of some user of the file: always the same one for the same name, so that
  /// how long a check takes does not tell whether the name exists. `secret` keeps the choice from being foreseen.
  Hash decoy(std::string_view user, std::string_view secret) const;

  size_t size() const { return table_.size(); }

  /// Calls visit(name, hash) in the order of names.
  template <class Visit>
  void for_each(Visit visit) const {
    table_.for_each(visit);
  }

 private:
  common::UserTable<Hash> table_;
  std::vector<const Hash*> by_index_;
};

}  // namespace password
