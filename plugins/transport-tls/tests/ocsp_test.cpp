// OCSP responses that are fetched: what is believed, for how long it is stapled, and when it is asked for again.
#include <openssl/x509v3.h>

#include "ocsp_answers.hpp"
#include "tls_client.hpp"

namespace transport_tls {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using trellis::testing::ProtocolConnection;

class Ocsp : public TlsTest {
 protected:
  Ocsp() {
    // OpenSSL judges certificates by the system's clock.
    const auto real =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    if (real > host_.wall()) host_.advance(real - host_.wall());
    serve(server_);
  }

  void serve(const Issued& issued) const {
    write("server", {issued.certificate + authority_.certificate(), issued.key});
  }
  void fetch(const std::string& responder = "http://ocsp.example/ask") {
    load(R"("watch_interval": "10ms")", "\"ocsp_responder\": \"" + responder + "\"");
    host_.advance(1ms);
  }
  seconds now() const { return std::chrono::duration_cast<seconds>(host_.wall()); }
  AnswerOptions holding(seconds time) const { return {.from = now() - 60s, .until = now() + time}; }
  AnswerOptions revoked() const {
    return {.from = now() - 60s, .until = now() + 10h, .status = V_OCSP_CERTSTATUS_REVOKED};
  }
  std::string good(seconds time = 10h) const { return ocsp_answer(authority_, server_.certificate, holding(time)); }

  /// Answers what is asked; the request is kept.
  void respond(const std::string& body, const std::string& head = "200 OK\r\ncontent-type: application/ocsp-response") {
    ASSERT_EQ(host_.dials().size(), 1U);
    ProtocolConnection responder = host_.answer_dial();
    asked_ = responder.received();
    responder.send("HTTP/1.1 " + head + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  std::string stapled() {
    TlsClient client = connect({.wants_ocsp = true});
    EXPECT_TRUE(client.shake_hands());
    return client.ocsp();
  }
  /// Whether it asks after that time, and not a second earlier.
  bool asks_after(seconds time) {
    host_.advance(time - 1s);
    const bool early = !host_.dials().empty();
    host_.advance(1s);
    return !early && host_.dials().size() == 1;
  }
  std::int64_t fetches(const std::string& outcome) const {
    return host_.metric("trellis_tls_ocsp_fetches_total", "outcome=\"" + outcome + "\"");
  }
  std::ptrdiff_t said(std::string_view what) const {
    return std::ranges::count_if(host_.logs(), [&](const auto& line) { return line.text == what; });
  }
  void wait_for_reload(int times) {
    EXPECT_TRUE(host_.wait([&] { return said("certificates read again") >= times; }));
    host_.turn();
  }

  const Issued server_ = authority_.issue({.common_name = "localhost", .names = {"localhost"}, .server = true});
  std::string asked_;
};

TEST_F(Ocsp, GoodResponseIsStapledToWhoAsks) {
  fetch();
  EXPECT_EQ(stapled(), "") << "nothing is known yet";
  ASSERT_EQ(host_.dials().size(), 1U);
  EXPECT_EQ(host_.dials()[0].host, "ocsp.example");
  EXPECT_EQ(host_.dials()[0].port, 80U);
  EXPECT_FALSE(host_.dials()[0].secure);
  const std::string response = good();
  respond(response);
  EXPECT_TRUE(asked_.starts_with("POST /ask HTTP/1.1\r\n")) << asked_;
  EXPECT_NE(asked_.find("Content-Type: application/ocsp-request\r\n"), std::string::npos) << asked_;
  EXPECT_TRUE(asks_about(asked_.substr(asked_.find("\r\n\r\n") + 4), authority_, server_.certificate));
  EXPECT_EQ(stapled(), response);
  EXPECT_EQ(fetches("good"), 1);
  TlsClient other = connect();
  ASSERT_TRUE(other.shake_hands());
  EXPECT_EQ(other.ocsp(), "");
}

TEST_F(Ocsp, CertificateNamesTheResponder) {
  serve(extended(authority_, server_, NID_info_access,
                 "caIssuers;URI:http://ca.example/ca.crt,OCSP;URI:https://named.example:8443/ocsp"));
  fetch("certificate");
  ASSERT_EQ(host_.dials().size(), 1U);
  EXPECT_EQ(host_.dials()[0].host, "named.example");
  EXPECT_EQ(host_.dials()[0].port, 8443U);
  EXPECT_TRUE(host_.dials()[0].secure);
}

TEST_F(Ocsp, NobodyIsAskedUnlessWanted) {
  load();
  host_.advance(24h);
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(Ocsp, WhatCannotBeReliedOnIsNotStapled) {
  const Authority another("test CA");  // the same name, another key
  const std::string& ours = server_.certificate;
  const Issued fellow = authority_.issue({.common_name = "fellow", .server = true});
  AnswerOptions late = holding(-1s);
  AnswerOptions early = holding(10h);
  early.from = now() + 10min;
  AnswerOptions endless = holding(10h);
  endless.until.reset();
  AnswerOptions unknown = holding(10h);
  unknown.status = V_OCSP_CERTSTATUS_UNKNOWN;
  fetch();
  for (const auto& [body, why] : {
           std::pair(ocsp_answer(another, ours, holding(10h)), "is not the issuer's"),
           std::pair(ocsp_answer(authority_, ours, holding(10h), fellow), "is not the issuer's"),
           std::pair(ocsp_answer(authority_, fellow.certificate, holding(10h)), "is about another certificate"),
           std::pair(ocsp_answer(authority_, ours, late), "has expired"),
           std::pair(ocsp_answer(authority_, ours, early), "does not hold yet"),
           std::pair(ocsp_answer(authority_, ours, endless), "does not say until when"),
           std::pair(ocsp_answer(authority_, ours, unknown), "does not know the certificate"),
           std::pair(ocsp_refusal(OCSP_RESPONSE_STATUS_TRYLATER), "it refuses to answer: trylater"),
           std::pair(good() + "x", "is no OCSP response"),
           std::pair(std::string("garbage"), "is no OCSP response"),
           std::pair(std::string(64 * 1024 + 1, 'x'), "http://ocsp.example: "),
       }) {
    respond(body);
    EXPECT_EQ(stapled(), "") << why;
    EXPECT_TRUE(host_.logged(why)) << why;
    fetch();  // it says only once that it fails
  }
  EXPECT_EQ(fetches("failed"), 11);
  EXPECT_EQ(fetches("good"), 0);
}

TEST_F(Ocsp, OnlySuccessInTheRightTypeCounts) {
  fetch();
  respond(good(), "500 Broken\r\ncontent-type: application/ocsp-response");
  EXPECT_EQ(stapled(), "");
  ASSERT_TRUE(asks_after(1min));
  respond(good(), "200 OK\r\ncontent-type: text/html");
  EXPECT_EQ(stapled(), "");
  ASSERT_TRUE(asks_after(2min));
  const std::string response = good();
  respond(response, "200 OK\r\ncontent-type: Application/OCSP-Response; x=y");
  EXPECT_EQ(stapled(), response);
}

TEST_F(Ocsp, WhoMaySignForTheIssuerIsBelieved) {
  const Issued delegate =
      extended(authority_, authority_.issue({.common_name = "responder"}), NID_ext_key_usage, "OCSPSigning");
  fetch();
  const std::string response = ocsp_answer(authority_, server_.certificate, holding(10h), delegate);
  respond(response);
  EXPECT_EQ(stapled(), response);
}

TEST_F(Ocsp, FailuresAreFollowedByLongerPausesAndSaidOnce) {
  fetch();
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
  for (const seconds pause : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
    ASSERT_TRUE(asks_after(pause)) << pause.count();
    host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
  }
  EXPECT_EQ(fetches("failed"), 9);
  constexpr std::string_view kFailed = "the OCSP responder gives no response that can be stapled";
  EXPECT_EQ(said(kFailed), 1);
  ASSERT_TRUE(asks_after(60min));
  respond(good(4min));
  EXPECT_EQ(said("an OCSP response is there to be stapled"), 1);
  ASSERT_TRUE(asks_after(2min));
  respond("garbage");
  EXPECT_EQ(said(kFailed), 2);
  EXPECT_TRUE(asks_after(1min)) << "the pause begins anew";
}

TEST_F(Ocsp, IsRenewedAtHalfOfTheTimeLeft) {
  fetch();
  respond(good(10h));
  ASSERT_TRUE(asks_after(5h));
  const std::string second = good(90s);
  respond(second);
  EXPECT_EQ(stapled(), second);
  ASSERT_TRUE(asks_after(1min)) << "not more often than that";
  respond(good(24h * 10));
  EXPECT_TRUE(asks_after(12h)) << "nor less often";
}

TEST_F(Ocsp, GoodResponseIsKeptUntilItExpires) {
  fetch();
  const std::string response = good(4min);
  respond(response);
  ASSERT_TRUE(asks_after(2min));
  respond("garbage");
  EXPECT_EQ(stapled(), response);
  host_.advance(119s);
  EXPECT_EQ(stapled(), response);
  host_.advance(1s);
  EXPECT_EQ(stapled(), "");
}

TEST_F(Ocsp, RevokedIsSaidAndNothingStapledAnyMore) {
  fetch();
  respond(good(4min));
  for (const seconds pause : {2min, 1min, 2min}) {
    ASSERT_TRUE(asks_after(pause));
    respond(ocsp_answer(authority_, server_.certificate, revoked()));
    EXPECT_EQ(stapled(), "");
  }
  EXPECT_EQ(said("the server's certificate was revoked"), 1);
  EXPECT_EQ(fetches("revoked"), 3);
}

TEST_F(Ocsp, IsKeptOverAReloadWithTheSameCertificate) {
  fetch();
  const std::string response = good();
  respond(response);
  write("server.key", server_.key + "\n");
  wait_for_reload(1);
  EXPECT_TRUE(host_.dials().empty());
  EXPECT_EQ(stapled(), response);
  EXPECT_TRUE(asks_after(5h)) << "and is renewed as before";
}

TEST_F(Ocsp, NewCertificateIsAskedAboutAtOnce) {
  fetch();
  respond(good());
  const Issued renewed = authority_.issue({.common_name = "renewed", .names = {"localhost"}, .server = true});
  write("server.key", renewed.key);  // until both are there, the old ones stay in force
  serve(renewed);
  EXPECT_TRUE(host_.wait([&] { return !host_.dials().empty(); }));
  EXPECT_EQ(stapled(), "");
  const std::string response = ocsp_answer(authority_, renewed.certificate, holding(10h));
  respond(response);
  EXPECT_EQ(stapled(), response);
}

TEST_F(Ocsp, QuestionAboutAReplacedCertificateIsGivenUp) {
  fetch();
  serve(authority_.issue({.common_name = "renewed", .names = {"localhost"}, .server = true}));
  wait_for_reload(1);
  EXPECT_EQ(host_.dials().size(), 1U);
  respond(good());
  EXPECT_EQ(stapled(), "") << "it is about the old one";
}

TEST_F(Ocsp, MistakesAreNamed) {
  const auto refusal = [&](const std::string& more) {
    return host_.refusal<TransportTls>("{\"certificates\": [{" + file_setting("chain", "server.pem") + ", " +
                                       file_setting("key", "server.key") + ", " + more + "}]}");
  };
  const std::string where = "/certificates/0/ocsp_responder: ";
  write("ocsp.der", "a response");
  EXPECT_EQ(refusal(R"("ocsp_responder": "certificate", )" + file_setting("ocsp", "ocsp.der")),
            where + "the response is either fetched or read from the file `ocsp`");
  EXPECT_TRUE(refusal(R"("ocsp_responder": "ftp://x/")")
                  .starts_with(where + R"(it is "certificate" or the URL of a responder: )"));
  EXPECT_EQ(refusal(R"("ocsp_responder": "certificate")"),
            where + path("server.pem") +
                " names no OCSP responder in its certificate; give its URL instead of \"certificate\"");
  for (const std::string& second : {std::string(), Authority("another CA").certificate()}) {
    write("server.pem", server_.certificate + second);
    EXPECT_EQ(
        refusal(R"("ocsp_responder": "http://ocsp.example/")"),
        where + path("server.pem") + " holds no issuer's certificate, which an OCSP request needs; it comes second");
  }
}

}  // namespace
}  // namespace transport_tls
