// Tokens that the certificates of a namespace judge.
#include "fixture.hpp"

namespace jwt::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class Jwt : public JwtTest {
 protected:
  Jwt() { EXPECT_EQ(put(trusting()), ""); }
};

TEST_F(Jwt, AllowsTheSubjectWithItsClaimsUntilTheTokenExpires) {
  const AuthOutcome outcome = judged(token(R"(,"press":5,"role":"operator","lines":["a","b"],"admin":true,"iat":1)"));
  EXPECT_EQ(outcome.verdict, AuthVerdict::allow) << outcome.reason;
  EXPECT_EQ(outcome.name, "ada");
  EXPECT_THAT(outcome.attributes,
              ElementsAre(Pair("press", "5"), Pair("role", "\"operator\""), Pair("lines", R"(["a","b"])")));
  EXPECT_TRUE(outcome.own_attributes);
  EXPECT_TRUE(outcome.token);
  EXPECT_EQ(outcome.expires_at_ms, (now() + 600 + 60) * 1000) << "clocks may differ by a minute";
  EXPECT_EQ(counted("allowed"), 1);
}

TEST_F(Jwt, LeavesEverybodyElseToTheNext) {
  EXPECT_EQ(plugin_.connect({}).verdict(), AuthVerdict::defer);
  EXPECT_EQ(ask(token(), "OAUTH2-JWT").verdict(), AuthVerdict::defer);
  EXPECT_EQ(ask(token(), "custom-jwt").verdict(), AuthVerdict::defer);
  EXPECT_EQ(plugin_.connect({.username = "CUSTOM-JWT", .password = token()}).verdict(), AuthVerdict::defer)
      << "not unless the settings say so";
  auto elsewhere = plugin_.connect({.method = "CUSTOM-JWT", .data = token(), .name_space = "other"});
  EXPECT_EQ(elsewhere.verdict(), AuthVerdict::defer) << "that namespace takes no tokens";
}

TEST_F(Jwt, RefusesABadTokenFinallyAsNotAuthorized) {
  const AuthOutcome outcome = judged("no token");
  EXPECT_EQ(outcome.verdict, AuthVerdict::deny);
  EXPECT_EQ(outcome.status, Status::not_authorized);
  EXPECT_EQ(outcome.reason, "the token does not have the three parts of a signed one");
  EXPECT_EQ(counted("refused"), 1);
}

TEST_F(Jwt, RefusesForgeries) {
  const std::string good = token();
  const std::string unsigned_one = jose::testing::Signer(jose::Algorithm::eddsa).sign(R"({"alg":"none"})", claims());
  EXPECT_NE(reason(unsigned_one).find("the token's algorithm is \"none\""), std::string::npos);
  EXPECT_EQ(reason(good.substr(0, good.size() - 2)), "the signature of the token is wrong");
  EXPECT_EQ(reason(Signer(jose::Algorithm::es256).token(claims(), "k1")),
            "the token is signed with ES256; allowed is RS256");
  EXPECT_EQ(reason(Signer().token(claims(), "k1")), "the signature of the token is wrong");
  EXPECT_EQ(reason(issuer().token(claims(), "k2")), "no known key has the 'kid' of the token and fits its algorithm");
  EXPECT_EQ(reason(good + std::string(8192, 'A')).substr(0, 14), "the token has ");
}

TEST_F(Jwt, TriesEveryCertificateWhereTheTokenNamesNone) {
  const Signer other;
  ASSERT_EQ(put(R"({"tokenIssuer":"my-issuer","audiences":["broker.example"],"encodedIssuerCertificates":[)" +
                certificate("old", other) + "," + certificate("new") + "]}"),
            "");
  EXPECT_EQ(reason(issuer().token(claims())), "allowed");
  EXPECT_EQ(reason(other.token(claims())), "allowed");
  EXPECT_EQ(reason(other.token(claims(), "new")), "the signature of the token is wrong");
}

TEST_F(Jwt, NeedsEveryRegisteredClaim) {
  const std::string rest = R"("nbf":)" + std::to_string(now()) + R"(,"exp":)" + std::to_string(now() + 9);
  const auto with = [&](const std::string& json) { return reason(issuer().token(json, "k1")); };
  EXPECT_EQ(with(R"({"sub":"a","aud":"broker.example",)" + rest + "}"), "the token has no issuer ('iss')");
  EXPECT_EQ(with(R"({"iss":"my-issuer","aud":"broker.example",)" + rest + "}"), "the token has no subject ('sub')");
  EXPECT_EQ(with(R"({"iss":"my-issuer","sub":"a",)" + rest + "}"), "the token has no audience ('aud')");
  EXPECT_EQ(with(R"({"iss":"my-issuer","sub":"a","aud":"broker.example","nbf":0})"), "the token has no expiry ('exp')");
  EXPECT_EQ(with(R"({"iss":"my-issuer","sub":"a","aud":"broker.example","exp":99999999999})"),
            "the token has no beginning ('nbf')");
  EXPECT_EQ(with(R"({"iss":"other","sub":"a","aud":"broker.example",)" + rest + "}"),
            "the token's issuer ('iss') is another one");
  EXPECT_EQ(with(R"({"iss":"my-issuer","sub":"a","aud":["other"],)" + rest + "}"),
            "the token's audience ('aud') is another one");
  EXPECT_EQ(with(R"({"iss":"my-issuer","sub":"a","aud":["other","broker.example/"],)" + rest + "}"), "allowed");
}

TEST_F(Jwt, TakesATokenAsLongAsItHoldsGiveOrTakeAMinute) {
  const std::string early = token();
  host_.advance(659s);
  EXPECT_EQ(reason(early), "allowed");
  host_.advance(1s);
  EXPECT_EQ(reason(early), "the token is expired");
  const std::string soon =
      issuer().token(R"({"iss":"my-issuer","sub":"a","aud":"broker.example","exp":99999999999,"nbf":)" +
                         std::to_string(now() + 61) + "}",
                     "k1");
  EXPECT_EQ(reason(soon), "the token is not valid yet");
  host_.advance(1s);
  EXPECT_EQ(reason(soon), "allowed");
}

TEST_F(Jwt, NamesTheClientByTheSubjectWhateverItsClientIdIs) {
  for (const char* id : {"c1", "c2", "ada", "eve", ""}) {
    const auto client = plugin_.connect({.client_id = id, .method = "CUSTOM-JWT", .data = token()});
    EXPECT_EQ(client.outcome().name, "ada") << id;
  }
}

TEST_F(Jwt, TakesTypesJwtJwsAndNone) {
  for (const char* header :
       {R"({"alg":"RS256"})", R"({"alg":"RS256","typ":"JWS"})", R"({"alg":"RS256","typ":"JWT"})"}) {
    EXPECT_EQ(reason(issuer().sign(header, claims())), "allowed") << header;
  }
  EXPECT_EQ(reason(issuer().sign(R"({"alg":"RS256","typ":"dpop+jwt"})", claims())),
            "the token is of another type ('typ')");
}

TEST_F(Jwt, RefusesWhoIsRegisteredAndDisabled) {
  ASSERT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"Ada","state":"Disabled"})"), "");
  EXPECT_EQ(reason(token()), "the registered client of that name is disabled") << "whatever the case";
  ASSERT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"Ada","state":"Enabled"})"), "");
  EXPECT_EQ(reason(token()), "allowed");
}

TEST_F(Jwt, CutsOffWhoIsDisabled) {
  ASSERT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"ada"})"), "");
  EXPECT_TRUE(host_.revoked().empty());
  ASSERT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"ada","state":"Disabled"})"), "");
  EXPECT_THAT(host_.revoked(), ElementsAre(trellis::testing::Revoked{"default", "ada"}));
}

TEST_F(Jwt, ActsOnChangedSettingsAtOnce) {
  ASSERT_EQ(put(R"({"tokenIssuer":"another","audiences":["broker.example"],"encodedIssuerCertificates":[)" +
                certificate() + "]}"),
            "");
  EXPECT_EQ(reason(token()), "the token's issuer ('iss') is another one");
  ASSERT_EQ(host_.remove_resource("namespaces", "default"), "");
  EXPECT_EQ(ask(token()).verdict(), AuthVerdict::defer);
}

TEST_F(Jwt, TakesTokensAsPasswordsWhereTheSettingsSaySo) {
  ASSERT_EQ(put(trusting(R"(,"passwordField":true)")), "");
  const auto as_password = [&](const std::string& user, const std::string& password) {
    return plugin_.connect({.username = user, .password = password, .protocol = "mqtt3"}).outcome();
  };
  EXPECT_EQ(as_password("CUSTOM-JWT", token()).name, "ada");
  EXPECT_EQ(as_password("CUSTOM-JWT", issuer().token(claims(), "k2")).status, Status::not_authorized);
  EXPECT_EQ(as_password("ada", token()).verdict, AuthVerdict::defer);
  EXPECT_EQ(plugin_.connect({.username = "CUSTOM-JWT"}).verdict(), AuthVerdict::defer);
}

TEST_F(Jwt, APasswordOfAnotherFormIsABadPasswordAndABadTokenIsNot) {
  ASSERT_EQ(put(trusting(R"(,"passwordField":true)")), "");
  const auto status = [&](const std::string& password) {
    return plugin_.connect({.username = "CUSTOM-JWT", .password = password, .protocol = "mqtt3"}).outcome().status;
  };
  for (const char* wrong : {"", "secret", "a.b", "a.b.c.d", "$.$.$", "e30.e30.e30"}) {
    EXPECT_EQ(status(wrong), Status::bad_credentials) << wrong;
  }
  EXPECT_EQ(status(token().substr(0, token().size() - 2)), Status::not_authorized);
  EXPECT_EQ(judged("secret").status, Status::not_authorized) << "there is no password in MQTT 5's exchange";
}

TEST_F(Jwt, AudienceIsAHostOfTheNamespaceWhereTheSettingsNameNone) {
  ASSERT_EQ(put(R"({"tokenIssuer":"my-issuer","encodedIssuerCertificates":[)" + certificate() + "]}"), "");
  const auto with = [&](const std::string& audience) {
    return reason(
        issuer().token(R"({"iss":"my-issuer","sub":"ada","nbf":0,"exp":99999999999,"aud":)" + audience + "}", "k1"));
  };
  const char* const another = "the token's audience ('aud') is another one";
  EXPECT_EQ(with(R"("broker.example")"), another);
  host_.custom_domain("broker.example", "default", TRELLIS_DOMAIN_HOST);
  host_.custom_domain("second.example", "default", TRELLIS_DOMAIN_HOST);
  host_.custom_domain("*.wide.example", "default", TRELLIS_DOMAIN_HOST);
  host_.custom_domain("elsewhere.example", "other", TRELLIS_DOMAIN_HOST);
  host_.custom_domain("claimed.example", "default", TRELLIS_DOMAIN_PENDING);
  host_.custom_domain("proved.example", "default", TRELLIS_DOMAIN_APPROVED);
  host_.custom_domain("believed.example", "default", TRELLIS_DOMAIN_UNCHECKED);
  for (const char* good : {R"("broker.example")", R"("broker.example/")", R"("second.example")", R"("proved.example/")",
                           R"("believed.example")", R"("BROKER.example/")", R"(["other","broker.example/"])"}) {
    EXPECT_EQ(with(good), "allowed") << good;
  }
  for (const char* bad :
       {R"("elsewhere.example")", R"("claimed.example")", R"("*.wide.example")", R"("a.wide.example")",
        R"("broker.example//")", R"("https://broker.example/")", R"("")", R"("/")", R"([])", R"(["other"])"}) {
    EXPECT_EQ(with(bad), another) << bad;
  }
}

TEST_F(Jwt, AudienceIsNoHostOfTheNamespaceWhereTheSettingsNameOthers) {
  host_.custom_domain("mqtt.example", "default", TRELLIS_DOMAIN_HOST);
  EXPECT_EQ(reason(token()), "allowed");
  for (const char* const bad : {"mqtt.example", "BROKER.example"}) {
    EXPECT_EQ(
        reason(issuer().token(
            R"({"iss":"my-issuer","sub":"ada","nbf":0,"exp":99999999999,"aud":")" + std::string(bad) + "\"}", "k1")),
        "the token's audience ('aud') is another one")
        << bad;
  }
}

TEST_F(Jwt, TakesTheNamespacesOwnDomainsAsAudienceWhereTheSettingsNameNone) {
  ASSERT_EQ(put(R"({"tokenIssuer":"my-issuer","encodedIssuerCertificates":[)" + certificate() + "]}"), "");
  EXPECT_EQ(reason(token()), "the token's audience ('aud') is another one");
  host_.custom_domain("broker.example", "default", TRELLIS_DOMAIN_PENDING);
  EXPECT_EQ(reason(token()), "the token's audience ('aud') is another one") << "not proved yet";
  host_.custom_domain("broker.example", "other", TRELLIS_DOMAIN_APPROVED);
  EXPECT_EQ(reason(token()), "the token's audience ('aud') is another one") << "of another namespace";
  host_.custom_domain("broker.example", "default", TRELLIS_DOMAIN_APPROVED);
  EXPECT_EQ(reason(token()), "allowed");
}

TEST_F(Jwt, SaysNothingOfTheTokenInTheLog) {
  const std::string secret = token();
  judged(secret);
  judged(secret.substr(0, secret.size() - 2));
  EXPECT_FALSE(host_.logged(secret.substr(0, 40)));
  EXPECT_FALSE(host_.logged(secret.substr(secret.size() - 40, 30)));
}

}  // namespace
}  // namespace jwt::testing
