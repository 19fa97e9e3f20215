// Who fetches a token, who uses it, and when it is renewed; and what a token endpoint may answer.
#include "common/client_credentials/token_store.hpp"

#include <gtest/gtest.h>

#include "common/client_credentials/token_answer.hpp"

namespace common {
namespace {

using namespace std::chrono_literals;
using Turn = TokenStore::Turn;

TEST(TokenStore, OneFetchesAndTheOthersWait) {
  TokenStore store;
  EXPECT_EQ(store.ask("a", 0s).turn, Turn::fetch);
  EXPECT_EQ(store.ask("a", 0s).turn, Turn::wait);
  EXPECT_EQ(store.ask("b", 0s).turn, Turn::fetch) << "another token";
  store.fetched("a", "token", 1h, 1s);
  EXPECT_EQ(store.ask("a", 2s).turn, Turn::use);
  EXPECT_EQ(store.ask("a", 2s).token, "token");
}

TEST(TokenStore, RenewsBeforeTheEnd) {
  TokenStore store;
  store.ask("a", 0s);
  store.fetched("a", "old", 1h, 0s);
  EXPECT_EQ(store.ask("a", 3469s).turn, Turn::use);
  EXPECT_EQ(store.ask("a", 3470s).turn, Turn::use_and_fetch);
  EXPECT_EQ(store.ask("a", 3471s).turn, Turn::use) << "somebody fetches it";
  store.failed("a", 3472s);
  EXPECT_EQ(store.ask("a", 3476s).turn, Turn::use);
  EXPECT_EQ(store.ask("a", 3477s).turn, Turn::use_and_fetch) << "a little later";
  EXPECT_EQ(store.ask("a", 3590s).turn, Turn::wait) << "too old to be sent";
  store.fetched("a", "new", 1h, 3591s);
  EXPECT_EQ(store.ask("a", 3592s).token, "new");
}

TEST(TokenStore, AfterAFailureTheNextOneFetches) {
  TokenStore store;
  store.ask("a", 0s);
  store.failed("a", 0s);
  EXPECT_EQ(store.ask("a", 0s).turn, Turn::fetch);
}

TEST(TokenStore, ATokenThatIsNotBelievedIsFetchedAgain) {
  TokenStore store;
  store.ask("a", 0s);
  store.fetched("a", "one", 1h, 0s);
  EXPECT_FALSE(store.refused("a", "another", 30s));
  EXPECT_EQ(store.ask("a", 30s).turn, Turn::use);
  EXPECT_FALSE(store.refused("a", "one", 29s));
  EXPECT_EQ(store.ask("a", 30s).turn, Turn::use) << "but not as often as clients like";
  EXPECT_TRUE(store.refused("a", "one", 30s));
  EXPECT_EQ(store.ask("a", 30s).turn, Turn::fetch);
}

TEST(TokenStore, AShortLifeIsUsed) {
  TokenStore store;
  store.ask("a", 0s);
  store.fetched("a", "brief", 4s, 0s);
  EXPECT_EQ(store.ask("a", 0s).turn, Turn::use);
  EXPECT_EQ(store.ask("a", 1s).turn, Turn::use_and_fetch);
  EXPECT_EQ(store.ask("a", 2s).turn, Turn::wait);
}

TEST(TokenAnswer, ReadsTheTokenAndItsLife) {
  EXPECT_EQ(read_token_answer(200, R"({"access_token": "abc", "expires_in": 3600})")->lifetime, 1h);
  EXPECT_EQ(read_token_answer(200, R"({"access_token": "abc", "expires_in": "3599"})")->lifetime, 3599s);
  EXPECT_EQ(read_token_answer(200, R"({"access_token": "abc"})")->lifetime, 300s);
  EXPECT_EQ(read_token_answer(200, R"({"access_token": "abc", "expires_in": -1})")->lifetime, 300s);
  EXPECT_EQ(read_token_answer(200, R"({"access_token": "abc", "expires_in": 99999999999})")->lifetime, 7 * 24h);
  EXPECT_EQ(read_token_answer(200, R"({"access_token": "abc"})")->token, "abc");
}

TEST(TokenAnswer, SaysWhatIsWrongWithoutTheAnswer) {
  EXPECT_EQ(read_token_answer(401, R"({"access_token": "abc"})").error().text, "status 401");
  EXPECT_EQ(read_token_answer(200, "[]").error().text, "the body is no JSON object");
  EXPECT_EQ(read_token_answer(200, "abc").error().text, "the body is no JSON object");
  for (const char* body : {"{}", R"({"access_token": 1})", R"({"access_token": ""})", R"({"access_token": "a b"})",
                           R"({"access_token": "a\r\nx: y"})"}) {
    EXPECT_EQ(read_token_answer(200, body).error().text, "\"access_token\" is missing or cannot stand in a header");
  }
}

}  // namespace
}  // namespace common
