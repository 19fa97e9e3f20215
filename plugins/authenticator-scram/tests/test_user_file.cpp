// The file of users, and what those who are not in it are told.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "common/base64/base64.hpp"
#include "user_file.hpp"

namespace scram {
namespace {

std::string line(const std::string& user, std::uint32_t iterations, std::size_t salt_bytes = kSaltBytes) {
  return user + ":" + format_stored_key(*make_stored_key("secret", std::string(salt_bytes, 's'), iterations)) + "\n";
}

Users parsed(const std::string& text, const common::FingerprintKey& otherwise = {}) {
  std::vector<std::string> errors;
  Users users = Users::parse(text, "f", otherwise, errors);
  EXPECT_EQ(common::joined(errors), "");
  return users;
}

TEST(ScramUsers, DecoysLookLikeUsersOfAllKinds) {
  const Users users = parsed(line("ada", 4096) + line("bob", 5000, 20) + line("eve", 5000, 20) + line("dan", 6000));
  std::map<std::pair<std::uint32_t, std::size_t>, int> found;
  for (int i = 0; i < 1000; ++i) {
    const StoredKey decoy = users.decoy("nobody" + std::to_string(i));
    ++found[{decoy.iterations, decoy.salt.size()}];
  }
  ASSERT_EQ(found.size(), 3u) << "and no other";
  EXPECT_NEAR((found[{4096, kSaltBytes}]), 250, 60);
  EXPECT_NEAR((found[{5000, 20}]), 500, 60);
  EXPECT_NEAR((found[{6000, kSaltBytes}]), 250, 60);
}

TEST(ScramUsers, DecoysOfAFileOfOneKindAreOfThatKind) {
  EXPECT_EQ(parsed("").decoy("nobody").iterations, kUsualIterations);
  EXPECT_EQ(parsed(line("ada", 4096, 64)).decoy("nobody").salt.size(), 64u);
}

TEST(ScramUsers, OneUserMoreChangesFewDecoys) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += line("u" + std::to_string(i), i % 2 == 0 ? 4096 : 5000);
  const Users before = parsed(text);
  const Users now = parsed(text + line("eve", 4096));
  int changed = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "nobody" + std::to_string(i);
    changed += before.decoy(name) == now.decoy(name) ? 0 : 1;
  }
  EXPECT_LT(changed, 50);
}

TEST(ScramUsers, DecoysStayTheSameForAName) {
  const std::string text = with_decoy_secret(line("ada", 4096));
  common::FingerprintKey other;
  other.set("another process, another secret");
  const StoredKey decoy = parsed(text).decoy("nobody");
  EXPECT_EQ(decoy, parsed(text + line("bob", 4096), other).decoy("nobody")) << "after a change and a restart";
  EXPECT_NE(decoy.salt, parsed(text).decoy("somebody").salt);
  EXPECT_NE(decoy.salt, parsed(with_decoy_secret("")).decoy("nobody").salt) << "each file has a secret of its own";
}

TEST(ScramUsers, WithoutASecretInTheFileTheProcessHasOne) {
  common::FingerprintKey one;
  common::FingerprintKey other;
  one.set("one");
  other.set("other");
  EXPECT_EQ(parsed("", one).decoy("nobody"), parsed("", one).decoy("nobody"));
  EXPECT_NE(parsed("", one).decoy("nobody").salt, parsed("", other).decoy("nobody").salt);
}

TEST(ScramUsers, TheSecretIsMadeOnce) {
  const std::string text = with_decoy_secret("# people\n");
  EXPECT_TRUE(text.starts_with("#decoys:")) << text;
  EXPECT_TRUE(text.ends_with("\n# people\n")) << text;
  EXPECT_EQ(with_decoy_secret(text), text);
}

TEST(ScramUsers, MistakesAreReportedWithoutSecrets) {
  std::vector<std::string> errors;
  Users::parse("#decoys:hunter2\nada:hunter2\nbob\n" + line("zoë", 4096), "users", {}, errors);
  EXPECT_EQ(errors,
            (std::vector<std::string>{
                "users: the line #decoys: is not base64 of 32 bytes; without the line `trellis scram` makes another",
                "users:2: user \"ada\": these are no keys, expected what begins with SCRAM-SHA-256$",
                "users:3: the ':' is missing, expected user:keys",
                "users: user \"zoë\": the user name contains something else than printable ASCII, which SCRAM would "
                "have to normalise the same way on both sides"}));
}

}  // namespace
}  // namespace scram
