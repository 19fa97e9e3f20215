// Seeds of users.
#include "nkey.hpp"

#include "common/base64/base64.hpp"
#include "fixture.hpp"

namespace nats {
namespace {

using namespace nats::testing;

TEST(UserKey, RefusesWhatIsNoSeed) {
  const auto refusal = [](const std::string& seed) { return UserKey::of_seed(seed).error().text; };
  EXPECT_EQ(refusal(""), "is no seed of a user, which begins with SU and has 58 letters");
  EXPECT_EQ(refusal("SU1"), "is no seed of a user, which begins with SU and has 58 letters");
  std::string damaged = kSeed;
  damaged[10] = damaged[10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(refusal(damaged), "is damaged: its checksum is wrong");
  EXPECT_THAT(refusal(damaged), Not(HasSubstr("SUA")));
}

TEST_F(NatsTest, AKeySignsWhatTheServerAsks) {
  const auto destination = open(std::string(R"(, "nkeySeed": ")") + kSeed + "\"");
  destination.check();
  server(R"(,"nonce":"abcdefghijk")");
  const auto key = UserKey::of_seed(kSeed);
  ASSERT_TRUE(key) << key.error().text;
  EXPECT_EQ(key->name(), kPublicKey);
  EXPECT_THAT(greeting_, HasSubstr(R"("nkey":")" + key->name() + R"(","sig":")" + key->sign("abcdefghijk") + "\""));
  EXPECT_EQ(common::from_base64(key->sign("abcdefghijk"))->size(), 64u);
  EXPECT_THAT(greeting_, Not(HasSubstr(kSeed)));
}

TEST_F(NatsTest, AJwtNamesTheUserInsteadOfTheKey) {
  const auto destination = open(std::string(R"(, "jwt": "eyJ0", "nkeySeed": ")") + kSeed + "\"");
  destination.check();
  server(R"(,"nonce":"abcdefghijk")");
  EXPECT_THAT(greeting_, HasSubstr(R"("jwt":"eyJ0","sig":")"));
  EXPECT_THAT(greeting_, Not(HasSubstr("nkey")));
}

}  // namespace
}  // namespace nats
