// The file of users: reading, mistakes, editing.
#include <gtest/gtest.h>

#include "user_file.hpp"

namespace password {
namespace {

constexpr std::string_view kHash =
    "$6$DvCfhLgj+bwZlA0S$E0ytQRxbPVzhHBQBYx19blc7Pnq+K/68IsyhzdOVDmKJCUHtGiPA/VSKtG7I0xlucjztaR7dZgYxqCJfo+fs4w==";

std::string line(std::string_view user) { return std::string(user) + ":" + std::string(kHash) + "\n"; }

TEST(UserFile, FindsUsersBetweenCommentsAndBlankLines) {
  std::vector<std::string> errors;
  const Users users =
      Users::parse("# people\n\n" + line("ada") + "bob smith:" + std::string(kHash) + "\r\n", "f", errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(users.size(), 2u);
  EXPECT_NE(users.find("ada"), nullptr);
  EXPECT_NE(users.find("bob smith"), nullptr);
  EXPECT_EQ(users.find("eve"), nullptr);
  EXPECT_EQ(users.find("# people"), nullptr);
}

TEST(UserFile, EveryMistakeIsReportedWithItsLineAndWithoutThePassword) {
  std::vector<std::string> errors;
  Users::parse("ada\n:x\nbob:hunter2\n" + line("eve") + line("eve"), "users", errors);
  EXPECT_EQ(errors, (std::vector<std::string>{
                        "users:1: the ':' is missing, expected user:hash",
                        "users:2: the user name is missing, expected user:hash",
                        R"(users:3: user "bob": this is not a hash, expected one that begins with $scrypt$, )"
                        "$pbkdf2-sha512$, $7$ or $6$",
                        R"(users:5: user "eve" is there already; remove one of the lines)",
                    }));
}

TEST(UserFile, DecoysCostWhatSomeUserCostsAndStayTheSame) {
  std::vector<std::string> errors;
  const Users users = Users::parse(line("ada"), "f", errors);
  const Hash decoy = users.decoy("nobody", "secret");
  EXPECT_EQ(decoy.algorithm, Algorithm::mosquitto_sha512);
  EXPECT_EQ(decoy.salt, users.find("ada")->salt);
  EXPECT_NE(decoy.digest, users.find("ada")->digest);
  EXPECT_FALSE(verify(decoy, "secret"));
  EXPECT_EQ(Users{}.decoy("nobody", "secret").algorithm, Algorithm::scrypt);
}

}  // namespace
}  // namespace password
