// Versions, names, protocols, resumption, stapling: what a client and the layer agree on.
#include "tls_client.hpp"

namespace transport_tls {
namespace {

using Handshake = TlsTest;

TEST_F(Handshake, PlainBytesGoBothWays) {
  load();
  TlsClient client = connect({.ca = authority_.certificate()});
  ASSERT_TRUE(client.shake_hands());
  EXPECT_EQ(client.version(), "TLSv1.3");
  EXPECT_TRUE(client.send("hello"));
  EXPECT_EQ(client.layer().up(), "hello");
  EXPECT_TRUE(client.layer().output("world"));
  EXPECT_EQ(client.received(), "world");
  const std::string large(100000, 'x');
  EXPECT_TRUE(client.layer().output(large));
  EXPECT_EQ(client.received(), large);
  EXPECT_TRUE(client.send(large));
  EXPECT_EQ(client.layer().up(), large);
}

TEST_F(Handshake, BytesMayArriveOneByOne) {
  load();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  TlsClient other = connect();
  ASSERT_TRUE(other.shake_hands());
  EXPECT_NE(client.layer().fact(TRELLIS_FACT_TLS_CIPHER), "");
}

class Version : public TlsTest, public testing::WithParamInterface<std::tuple<int, std::string, std::string>> {};

TEST_P(Version, IsSpokenOrRefused) {
  const auto& [version, minimum, spoken] = GetParam();
  load("\"minimum_version\": \"" + minimum + "\"");
  TlsClient client = connect({.lowest = version, .highest = version});
  EXPECT_EQ(client.shake_hands(), !spoken.empty());
  if (!spoken.empty()) {
    EXPECT_EQ(client.version(), spoken);
    EXPECT_EQ(client.layer().fact(TRELLIS_FACT_TLS_VERSION), spoken);
  } else {
    EXPECT_EQ(host_.metric("trellis_tls_handshakes_total", "outcome=\"failed\""), 1);
  }
}
INSTANTIATE_TEST_SUITE_P(All, Version,
                         testing::Values(std::tuple(TLS1_VERSION, "1.2", ""), std::tuple(TLS1_1_VERSION, "1.2", ""),
                                         std::tuple(TLS1_2_VERSION, "1.2", "TLSv1.2"),
                                         std::tuple(TLS1_3_VERSION, "1.2", "TLSv1.3"),
                                         std::tuple(TLS1_2_VERSION, "1.3", ""),
                                         std::tuple(TLS1_3_VERSION, "1.3", "TLSv1.3")));

TEST_F(Handshake, NameAskedForPicksTheCertificate) {
  write("b", authority_.issue({.common_name = "b", .names = {"b.example", "*.b.example"}, .server = true}));
  write("c", authority_.issue({.common_name = "c", .names = {"c.example"}, .server = true}));
  load("", "",
       "{" + file_setting("chain", "b.pem") + ", " + file_setting("key", "b.key") + "}, {" +
           file_setting("chain", "c.pem") + ", " + file_setting("key", "c.key") + ", \"hosts\": [\"other.example\"]}");
  for (const auto& [host, name] :
       {std::pair("localhost", "localhost"), std::pair("B.example", "b"), std::pair("x.b.example", "b"),
        std::pair("x.y.b.example", "localhost"), std::pair("other.example", "c"), std::pair("c.example", "localhost"),
        std::pair("", "localhost")}) {
    TlsClient client = connect({.host = host});
    ASSERT_TRUE(client.shake_hands()) << host;
    EXPECT_EQ(client.server_name(), name) << host;
    EXPECT_EQ(client.layer().fact(TRELLIS_FACT_HOST), host);
  }
}

TEST_F(Handshake, OurOrderOfProtocolsDecides) {
  load(R"("alpn": ["mqtt", "http/1.1"])");
  TlsClient client = connect({.alpn = {"http/1.1", "mqtt"}});
  ASSERT_TRUE(client.shake_hands());
  EXPECT_EQ(client.alpn(), "mqtt");
  TlsClient stranger = connect({.alpn = {"x"}});
  ASSERT_TRUE(stranger.shake_hands());
  EXPECT_EQ(stranger.alpn(), "");
}

class Resumption : public TlsTest, public testing::WithParamInterface<int> {};

TEST_P(Resumption, SkipsTheFullHandshake) {
  load();
  TlsClient first = connect({.lowest = GetParam(), .highest = GetParam()});
  ASSERT_TRUE(first.shake_hands());
  first.answer(2);
  ASSERT_NE(first.ticket(), nullptr);
  TlsClient second = connect({.lowest = GetParam(), .highest = GetParam(), .resume = first.ticket()});
  ASSERT_TRUE(second.shake_hands());
  EXPECT_TRUE(second.resumed());
  EXPECT_EQ(host_.metric("trellis_tls_handshakes_total", "outcome=\"full\""), 1);
  EXPECT_EQ(host_.metric("trellis_tls_handshakes_total", "outcome=\"resumed\""), 1);
}

TEST_P(Resumption, CanBeSwitchedOff) {
  load(R"("resumption": "0s")");
  TlsClient first = connect({.lowest = GetParam(), .highest = GetParam()});
  ASSERT_TRUE(first.shake_hands());
  first.answer(2);
  TlsClient second = connect({.lowest = GetParam(), .highest = GetParam(), .resume = first.ticket()});
  ASSERT_TRUE(second.shake_hands());
  EXPECT_FALSE(second.resumed());
}

TEST_P(Resumption, KeepsWhatTheClientShowed) {
  Authority intermediate("unused");
  load(R"("client_certificates": "requested")", file_setting("client_ca", "ca.pem"));
  const Issued client = authority_.issue({.common_name = "device-1"});
  TlsClient first = connect({.lowest = GetParam(), .highest = GetParam(), .certificate = client});
  ASSERT_TRUE(first.shake_hands());
  TlsClient second =
      connect({.lowest = GetParam(), .highest = GetParam(), .certificate = client, .resume = first.ticket()});
  ASSERT_TRUE(second.shake_hands());
  EXPECT_TRUE(second.resumed());
  EXPECT_EQ(second.layer().fact(TRELLIS_FACT_CLIENT_CHAIN), first.layer().fact(TRELLIS_FACT_CLIENT_CHAIN));
  EXPECT_EQ(second.layer().fact(TRELLIS_FACT_CLIENT_VERIFIED), "yes");
}
INSTANTIATE_TEST_SUITE_P(Versions, Resumption, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

// ---- when a client of TLS 1.3 gets its ticket

using Ticket = TlsTest;

TEST_F(Ticket, ComesWithTheSecondAnswer) {
  load();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  client.answer(1);
  EXPECT_EQ(client.ticket(), nullptr);
  client.answer(1);
  EXPECT_NE(client.ticket(), nullptr);
}

TEST_F(Ticket, ComesToWhoGoesOnWithoutAnswers) {
  load();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  client.send("before any answer");
  client.answer(1);
  for (const bool got : {false, true}) {
    EXPECT_TRUE(client.send("more"));
    EXPECT_EQ(client.received(), "");
    EXPECT_EQ(client.ticket() != nullptr, got);
  }
}

TEST_F(Ticket, ComesOnce) {
  load();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  client.answer(2);
  const SSL_SESSION* const first = client.ticket();
  client.answer(2);
  EXPECT_TRUE(client.send("more"));
  EXPECT_EQ(client.received(), "");
  EXPECT_EQ(client.ticket(), first);
}

TEST_F(Ticket, ComesAtOnceToWhoCameByOne) {
  load();
  TlsClient first = connect();
  ASSERT_TRUE(first.shake_hands());
  first.answer(2);
  TlsClient second = connect({.resume = first.ticket()});
  ASSERT_TRUE(second.shake_hands());
  EXPECT_TRUE(second.resumed());
  EXPECT_NE(second.ticket(), nullptr);
}

TEST_F(Ticket, ComesAtOnceToWhoIsAskedForACertificate) {
  load(R"("client_certificates": "requested")");
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  EXPECT_NE(client.ticket(), nullptr);
}

TEST_F(Ticket, ComesAtOnceWhereTheKeyIsRsa) {
  write_rsa_server();
  load();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  EXPECT_NE(client.ticket(), nullptr);
}

TEST_F(Handshake, OcspResponseIsStapledToWhoAsks) {
  write("ocsp.der", "a response");
  load("", file_setting("ocsp", "ocsp.der"));
  TlsClient client = connect({.wants_ocsp = true});
  ASSERT_TRUE(client.shake_hands());
  EXPECT_EQ(client.ocsp(), "a response");
}

TEST_F(Handshake, GarbageIsRefused) {
  load();
  for (const std::string_view garbage :
       {"GET / HTTP/1.1\r\n\r\n", "\x10\x0c\0\4MQTT", "\x16\x03\x01\xff\xff aaaaaaaaaaa"}) {
    TlsClient client = connect();
    const bool refused = !client.raw(garbage) || !client.raw(std::string(70000, '\x16'));
    EXPECT_TRUE(refused);
  }
  EXPECT_EQ(host_.metric("trellis_tls_handshakes_total", "outcome=\"failed\""), 3);
}

TEST_F(Handshake, BrokenRecordEndsTheConnection) {
  load();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  EXPECT_FALSE(client.raw(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x')));
  EXPECT_EQ(client.layer().up(), "");
}

TEST_F(Handshake, ChangeOfKeysMayComeInTwoRecords) {
  load();
  TlsClient client = connect({.lowest = TLS1_3_VERSION});
  ASSERT_TRUE(client.shake_hands());
  const std::string key_update("\x18\0\0\1\0", 5);
  EXPECT_TRUE(client.send_records({key_update.substr(0, 4), key_update.substr(4)}));
  client.answer(2);
  EXPECT_EQ(host_.metric("trellis_tls_handshakes_total", "outcome=\"full\""), 1);
}

TEST_F(Handshake, GoodbyesAreSaid) {
  load();
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  client.layer().output("last words");
  client.layer().close();
  EXPECT_EQ(client.received(), "last words");
  EXPECT_TRUE(client.server_closed());
}

TEST_F(Handshake, IsRecognisedByItsFirstBytes) {
  load();
  EXPECT_EQ(layer_->recognise("\x16"), TRELLIS_RECOGNISED_MORE);
  EXPECT_EQ(layer_->recognise("\x16\x03\x01"), TRELLIS_RECOGNISED_YES);
  EXPECT_EQ(layer_->recognise("\x10\x0c"), TRELLIS_RECOGNISED_NO);
  EXPECT_EQ(layer_->recognise("GET"), TRELLIS_RECOGNISED_NO);
}

}  // namespace
}  // namespace transport_tls
