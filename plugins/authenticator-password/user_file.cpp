// Reads the file of users.
#include "user_file.hpp"

#include <algorithm>

namespace password {

Users Users::parse(std::string_view text, std::string_view name, std::vector<std::string>& errors) {
  Users made;
  made.table_ = common::UserTable<Hash>::parse(text, name, "user:hash", &parse_hash, errors);
  made.table_.for_each([&](std::string_view, const Hash& hash) { made.by_index_.push_back(&hash); });
  return made;
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
    hash = *by_index_[common::place_of(user, secret, by_index_.size())];
    std::fill(hash.digest.begin(), hash.digest.end(), '\0');
  }
  return hash;
}

}  // namespace password
