// The file of users: one `user:keys` line each, and the secret that decoys are made from.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/fingerprint/fingerprint.hpp"
#include "common/users/user_table.hpp"
#include "stored_key.hpp"

namespace scram {

/// The users of one file. Immutable once parsed.
class Users {
 public:
  /// Reads the text of a file; `name` is the file's name for messages. Every mistake adds a line to `errors`, and the
  /// result is only good when none was added. otherwise: the secret where the file has none.
  static Users parse(std::string_view text, std::string_view name, const common::FingerprintKey& otherwise,
                     std::vector<std::string>& errors);

  /// Null for an unknown user.
  const StoredKey* find(std::string_view user) const { return table_.find(user); }

  /// Keys no password gives, always the same ones for the same name, with iterations and a length of salt that users
  /// of the file have, each as often as among them: so that asking for the salt does not tell whether a name exists.
  StoredKey decoy(std::string_view user) const;

  std::size_t size() const { return table_.size(); }

  /// Calls visit(name, keys) in the order of names.
  template <class Visit>
  void for_each(Visit visit) const {
    table_.for_each(visit);
  }

 private:
  /// What everybody sees of keys.
  struct Kind {
    std::uint32_t iterations = kUsualIterations;
    std::size_t salt_bytes = kSaltBytes;
    auto operator<=>(const Kind&) const = default;
  };

  void learn_kinds();
  Kind kind_of_decoy(std::string_view user) const;

  common::UserTable<StoredKey> table_;
  common::FingerprintKey secret_;
  std::vector<std::pair<std::size_t, Kind>> kinds_;  // with how many users are of it or of one before it
};

/// The text with a line `#decoys:SECRET` in front, unless it has one. With it decoys are the same after a restart and
/// on every broker that reads the file; other tools take it for a comment.
std::string with_decoy_secret(const std::string& text);

}  // namespace scram
