// Tokens whose keys have to be fetched.
#include "fixture.hpp"

namespace jwt::testing {
namespace {

class JwtKeys : public JwtTest {
 protected:
  explicit JwtKeys(std::string_view settings = "{}") : JwtTest(settings) {
    EXPECT_EQ(put(R"({"tokenIssuer":"my-issuer","audiences":["broker.example"],"jwksUri":"https://issuer/keys"})"), "");
    host_.turn();
  }
  void answer(const std::string& body) {
    ASSERT_EQ(host_.dials().size(), 1u);
    host_.answer_dial().send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    host_.turn();
  }
  void fail() {
    ASSERT_EQ(host_.dials().size(), 1u);
    host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
    host_.turn();
  }
};

TEST_F(JwtKeys, WaitForTheFirstFetch) {
  auto waiting = ask(token());
  EXPECT_EQ(waiting.verdict(), AuthVerdict::pending);
  answer(issuer().jwks("k1"));
  EXPECT_EQ(waiting.outcome().name, "ada");
  EXPECT_EQ(reason(token()), "allowed") << "at once now";
}

TEST_F(JwtKeys, AreUnavailableUntilTheyWereLoaded) {
  auto waiting = ask(token());
  host_.advance(5s);
  EXPECT_EQ(waiting.outcome().status, Status::unavailable);
  EXPECT_EQ(waiting.outcome().reason, "there are no keys of the issuer yet");
  fail();
  EXPECT_EQ(ask(token()).outcome().status, Status::unavailable) << "at once: the issuer failed a moment ago";
  host_.advance(1s);
  auto next = ask(token());
  EXPECT_EQ(next.verdict(), AuthVerdict::pending);
  answer(issuer().jwks("k1"));
  EXPECT_TRUE(next.allowed());
  EXPECT_EQ(counted("unavailable"), 2);
  EXPECT_EQ(host_.late_answers(), 0u);
}

TEST_F(JwtKeys, AreFetchedEarlyForAnUnknownName) {
  answer(issuer().jwks("k1"));
  host_.advance(30s);
  const Signer next;
  auto waiting = ask(next.token(claims(), "k2"));
  EXPECT_EQ(waiting.verdict(), AuthVerdict::pending);
  EXPECT_EQ(reason(token()), "allowed") << "others do not wait";
  answer(next.jwks("k2"));
  EXPECT_TRUE(waiting.allowed());
  EXPECT_EQ(reason(token()), "no known key has the 'kid' of the token and fits its algorithm") << "rotated out";
  EXPECT_EQ(ask(token()).outcome().status, Status::not_authorized);
}

TEST_F(JwtKeys, StayInUseWhileTheIssuerIsGone) {
  answer(issuer().jwks("k1"));
  host_.advance(1h);
  fail();
  EXPECT_EQ(reason(token()), "allowed");
  EXPECT_EQ(ask(issuer().token(claims(), "k9")).outcome().status, Status::not_authorized);
}

TEST_F(JwtKeys, OpenNothingWhereTheyAreOlderThanADay) {
  answer(issuer().jwks("k1"));
  for (int i = 0; i < 24 * 60; ++i) {
    EXPECT_EQ(reason(token()), "allowed");
    host_.advance(1min);
    if (!host_.dials().empty()) fail();
  }
  EXPECT_EQ(ask(token()).outcome().status, Status::unavailable);
}

TEST_F(JwtKeys, OpenNothingWhereTheIssuerTakesThemBack) {
  answer(issuer().jwks("k1"));
  EXPECT_EQ(reason(token()), "allowed");
  host_.advance(1h);
  answer(R"({"keys":[]})");
  EXPECT_EQ(ask(token()).outcome().status, Status::not_authorized);
}

TEST_F(JwtKeys, AreNotWaitedForByTokensThatCannotBeGood) {
  EXPECT_EQ(reason(Signer(jose::Algorithm::es256).token(claims(), "k1")),
            "the token is signed with ES256; allowed is RS256");
  EXPECT_TRUE(ask("x.y.z").denied());
}

TEST_F(JwtKeys, ChangeNothingForClientsThatLeft) {
  auto gone = ask(token());
  gone.leave();
  answer(issuer().jwks("k1"));
  EXPECT_EQ(host_.late_answers(), 0u);
  EXPECT_EQ(counted("allowed"), 0);
}

TEST_F(JwtKeys, ThatComeLateLetNobodyStayWhoWasDisabledMeanwhile) {
  auto waiting = ask(token());
  host_.before_late_answer([this] {
    EXPECT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"Ada","state":"Disabled"})"), "");
    EXPECT_EQ(host_.revoked().size(), 1u) << "before it is let in, which is too early";
  });
  answer(issuer().jwks("k1"));
  EXPECT_TRUE(waiting.allowed()) << "the answer was on its way already";
  ASSERT_EQ(host_.revoked().size(), 2u);
  EXPECT_EQ(host_.revoked().back(), (trellis::testing::Revoked{"default", "ada"}));
}

TEST_F(JwtKeys, AreJudgedBySettingsOfTheMoment) {
  auto waiting = ask(token());
  ASSERT_EQ(host_.remove_resource("namespaces", "default"), "");
  answer(issuer().jwks("k1"));
  EXPECT_EQ(waiting.outcome().reason, "the namespace takes no tokens any more");
}

TEST_F(JwtKeys, StandBesideCertificates) {
  const Signer published(jose::Algorithm::rs256);
  ASSERT_EQ(put(trusting(R"(,"jwksUri":"https://issuer/keys")")), "");
  EXPECT_EQ(reason(token()), "allowed") << "needs no fetch";
  auto waiting = ask(published.token(claims(), "p1"));
  EXPECT_EQ(waiting.verdict(), AuthVerdict::pending);
  answer(published.jwks("p1"));
  EXPECT_TRUE(waiting.allowed());
}

TEST_F(JwtKeys, EndAConnectionWhereTheyDoNotComeForANewToken) {
  auto again = plugin_.connect(
      {.client_id = "c1", .method = "CUSTOM-JWT", .data = token(), .flags = TRELLIS_CREDENTIALS_REAUTHENTICATES});
  EXPECT_EQ(again.verdict(), AuthVerdict::pending);
  fail();
  EXPECT_EQ(again.outcome().status, Status::not_authorized);
  EXPECT_EQ(counted("unavailable"), 1);
}

TEST_F(JwtKeys, AreGivenUpWhenThePluginStops) {
  auto waiting = ask(token());
  plugin_.as<JwtAuthenticator>().stop();
  host_.turn();
  EXPECT_EQ(waiting.outcome().status, Status::unavailable);
}

class FewJwtKeys : public JwtKeys {
 protected:
  FewJwtKeys() : JwtKeys(R"({"keys_waiting_clients": 1})") {}
};

TEST_F(FewJwtKeys, AreWaitedForByABoundedNumber) {
  auto first = ask(token());
  EXPECT_EQ(ask(token()).outcome().status, Status::unavailable);
  EXPECT_EQ(first.verdict(), AuthVerdict::pending);
}

}  // namespace
}  // namespace jwt::testing
