#include "user_file.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "common/base64/base64.hpp"
#include "common/users/user_lines.hpp"
#include "crypto.hpp"

namespace scram {
namespace {

constexpr std::string_view kSecretLine = "#decoys:";

std::optional<std::string_view> find_secret_line(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = common::take_line(text);
    if (line.starts_with(kSecretLine)) return line.substr(kSecretLine.size());
  }
  return std::nullopt;
}

std::string_view text_of(const common::Fingerprint& fingerprint) {
  return {reinterpret_cast<const char*>(fingerprint.data()), fingerprint.size()};
}

}  // namespace

Users Users::parse(std::string_view text, std::string_view name, const common::FingerprintKey& otherwise,
                   std::vector<std::string>& errors) {
  Users made;
  made.secret_ = otherwise;
  if (const auto line = find_secret_line(text)) {
    const auto secret = common::from_base64(*line);
    if (secret && secret->size() == kHashBytes) {
      made.secret_.set(*secret);
    } else {
      errors.push_back(std::string(name) + ": the line " + std::string(kSecretLine) +
                       " is not base64 of 32 bytes; without the line `trellis scram` makes another");
    }
  }
  made.table_ = common::UserTable<StoredKey>::parse(text, name, "user:keys", &parse_stored_key, errors);
  made.table_.for_each([&](std::string_view user, const StoredKey&) {
    const std::string error = text_error("user name", user);
    if (!error.empty()) errors.push_back(std::string(name) + ": user \"" + std::string(user) + "\": " + error);
  });
  made.learn_kinds();
  return made;
}

void Users::learn_kinds() {
  std::map<Kind, std::size_t> counts;
  table_.for_each([&](std::string_view, const StoredKey& key) { ++counts[{key.iterations, key.salt.size()}]; });
  std::size_t users = 0;
  for (const auto& [kind, count] : counts) kinds_.emplace_back(users += count, kind);
}

// The name has its place on a scale that the kinds share by their numbers of users: one user more moves few names to
// another kind.
Users::Kind Users::kind_of_decoy(std::string_view user) const {
  if (kinds_.empty()) return {};
  std::uint32_t place = 0;
  const common::Fingerprint fingerprint = secret_.of({"kind", user});
  std::memcpy(&place, fingerprint.data(), sizeof place);
  const std::size_t at = (std::uint64_t{place} * kinds_.back().first) >> 32U;
  return std::ranges::upper_bound(kinds_, at, {}, [](const auto& kind) { return kind.first; })->second;
}

StoredKey Users::decoy(std::string_view user) const {
  const common::Fingerprint low = secret_.of({"salt", user});
  const common::Fingerprint high = secret_.of({"more salt", user});
  const std::string salt = std::string(text_of(low)).append(text_of(high));  // 64 bytes, as long as any
  const Kind kind = kind_of_decoy(user);
  return {kind.iterations, salt.substr(0, kind.salt_bytes), std::string(text_of(secret_.of({"stored", user}))),
          std::string(text_of(secret_.of({"server", user})))};
}

std::string with_decoy_secret(const std::string& text) {
  if (find_secret_line(text)) return text;
  const std::string secret = random_bytes(kHashBytes);
  if (secret.empty()) return text;  // the broker draws one at each start then
  return std::string(kSecretLine) + common::to_base64(secret) + "\n" + text;
}

}  // namespace scram
