// Whole exchanges without a broker: RFC 7677's, and what is wrong with others.
#include <gtest/gtest.h>

#include "exchange.hpp"
#include "scram_client.hpp"

namespace scram {
namespace {

using testing::ScramClient;

Users users_of(std::string_view user, const StoredKey& key) {
  std::vector<std::string> errors;
  Users users = Users::parse(std::string(user) + ":" + format_stored_key(key) + "\n", "f", {}, errors);
  EXPECT_TRUE(errors.empty());
  return users;
}

class ScramExchange : public ::testing::Test {
 protected:
  static Exchange begun(const std::string& first, const Users& users, std::string_view server_nonce = "server-nonce") {
    std::string why;
    const auto message = read_client_first(first, why);
    EXPECT_TRUE(message) << why;
    return {message.value_or(ClientFirst{}), users, server_nonce};
  }
  std::string why_not(const Exchange& exchange, const std::string& message) const {
    std::string why;
    EXPECT_FALSE(exchange.finish(message, users_, why));
    return why;
  }

  Users users_ = users_of("ada", *make_stored_key("secret", "0123456789abcdef", 4096));
};

// RFC 7677, 3.
TEST_F(ScramExchange, TheExampleOfTheStandard) {
  const Users users =
      users_of("user", *make_stored_key("pencil", *common::from_base64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096));
  const Exchange exchange = begun("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", users, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  EXPECT_EQ(exchange.user(), "user");
  EXPECT_EQ(exchange.challenge(),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  std::string why;
  EXPECT_EQ(exchange.finish("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                            users, why),
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
      << why;
}

TEST_F(ScramExchange, BothSidesProveThemselves) {
  for (const char* header : {"n,,", "y,,", "n,a=ada,"}) {
    ScramClient client("ada", "secret", "nonce", header);
    const Exchange exchange = begun(client.first(), users_);
    std::string why;
    const auto signature = exchange.finish(client.final(exchange.challenge()), users_, why);
    EXPECT_EQ(signature.value_or(why), client.signature()) << header;
  }
}

TEST_F(ScramExchange, AWrongPasswordAndAnUnknownNameGetTheSameSentence) {
  for (const auto& [user, password] : {std::pair("ada", "Secret"), {"ada", ""}, {"eve", "secret"}, {"Ada", "secret"}}) {
    ScramClient client(user, password);
    const Exchange exchange = begun(client.first(), users_);
    EXPECT_EQ(why_not(exchange, client.final(exchange.challenge())), "user name or password is wrong") << user;
  }
}

TEST_F(ScramExchange, TheProofOfAnotherExchangeIsWorthNothing) {
  ScramClient client("ada", "secret");
  const Exchange first = begun(client.first(), users_, "one");
  const std::string final_message = client.final(first.challenge());
  const Exchange second = begun(client.first(), users_, "two");
  EXPECT_EQ(why_not(second, final_message), "the nonce is not the one of this exchange");
  const std::string with_nonce = "c=biws,r=client-noncetwo,p=" + ScramClient::part(final_message, 'p');
  EXPECT_EQ(why_not(second, with_nonce), "user name or password is wrong");
}

TEST_F(ScramExchange, WhatTheProofCoversCannotBeChanged) {
  ScramClient client("ada", "secret");
  const Exchange exchange = begun(client.first(), users_);
  const std::string proof = ScramClient::part(client.final(exchange.challenge()), 'p');
  const std::string nonce = "r=client-nonceserver-nonce";
  EXPECT_EQ(why_not(exchange, "c=eSws," + nonce + ",p=" + proof),
            "the channel binding is not the one the exchange began with");
  EXPECT_EQ(why_not(exchange, "c=biws," + nonce + ",x=1,p=" + proof), "user name or password is wrong");
  EXPECT_EQ(why_not(exchange, "c=biws," + nonce + ",p=" + common::to_base64("short")),
            "user name or password is wrong");
  // An extension the client's proof covers is none of our business.
  std::string why;
  const std::string said = "c=biws," + nonce + ",x=1";
  EXPECT_TRUE(exchange.finish(said + ",p=" + client.proof(exchange.challenge(), said), users_, why)) << why;
}

TEST_F(ScramExchange, WhoIsTakenFromTheFileMeanwhileIsWrong) {
  ScramClient client("ada", "secret");
  const Exchange exchange = begun(client.first(), users_);
  const std::string final_message = client.final(exchange.challenge());
  std::string why;
  EXPECT_FALSE(exchange.finish(final_message, Users(), why));
  EXPECT_EQ(why, "user name or password is wrong");
  EXPECT_FALSE(exchange.finish(final_message, users_of("ada", *make_stored_key("secret", 4096)), why));
}

TEST_F(ScramExchange, KnowingTheStoredKeysIsNotKnowingThePassword) {
  // The decoy's stored key is no secret to whoever holds the file's line of decoys, yet no proof fits it.
  ScramClient client("nobody", "secret");
  const Exchange exchange = begun(client.first(), users_);
  const std::string without_proof = "c=biws,r=client-nonceserver-nonce";
  const std::string said = "n=nobody,r=client-nonce," + exchange.challenge() + "," + without_proof;
  const std::string stored = users_.decoy("nobody").stored_key;
  const std::string forged = common::to_base64(exclusive_or(stored, hmac(stored, said)));
  EXPECT_EQ(why_not(exchange, without_proof + ",p=" + forged), "user name or password is wrong");
}

}  // namespace
}  // namespace scram
