// From where clients may come: rules of each namespace, for connections and for requests.
#include <sys/socket.h>

#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class InboundRules : public SiteTest {
 protected:
  static std::string rules(const std::string& network) {
    return R"("inbound_ip_rules": [{"ip_mask": ")" + network + R"(", "action": "allow"}])";
  }
  // As the proxy sends it before a client's first byte.
  static std::string proxied(const std::string& client) { return "PROXY TCP4 " + client + " 127.0.0.1 40000 1883\r\n"; }
  static Site site(const std::string& space) {
    return {.shards = 2,
            .plugins = R"("service-mirror": {"file": ")" + test_plugins() + R"(/service-mirror.so"})",
            .listener = R"("namespace": "guarded")",
            .listeners = R"({"name": "proxied", "address": "127.0.0.1:0", "layers": ["transport-proxy-protocol"],
                             "protocol": "transport-mqtt", "namespace": "guarded"},
                            {"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http", "namespace": "one",
                             "services": {"/": "service-mirror"}},)",
            .spaces = R"("guarded": {"authenticators": ["authenticator-anonymous"],
                                     "authorizers": ["authorizer-allow-all"])" +
                      (space.empty() ? "" : ", " + space) +
                      R"(}, "one": {"hosts": ["one.example"]}, "two": {"hosts": ["two.example"], )" +
                      rules("192.0.2.0/24") + "},"};
  }
  bool proxied_client_is_served(const std::string& address) {
    RawClient client(broker().port("proxied"), Version::v311);
    client.send(proxied(address));
    client.send_connect({.client_id = unique()});
    return client.receive().has_value();
  }
  /// The return code of the CONNACK.
  int answer_behind_proxy(const std::string& address) {
    RawClient client(broker().port("proxied"), Version::v311);
    client.send(proxied(address));
    client.send_connect({.client_id = unique()});
    return client.expect(PacketType::connack).reason;
  }
};

TEST_F(InboundRules, CutOffWhoComesFromElsewhereUnseen) {
  start(site(rules("10.0.0.0/8")));
  auto client = open();
  client.send_connect({.client_id = "stranger"});
  client.expect_closed();
  expect_metric("trellis_connections_refused_total", R"(reason="address")", 1);
  const auto logged = [this] {
    return broker().output().find(
               "refused a client that comes from where nobody may namespace=guarded peer=127.0.0.1:") !=
           std::string::npos;
  };
  EXPECT_TRUE(eventually(logged)) << broker().output();
  EXPECT_EQ(metrics().sum("trellis_authentications_allowed_total"), 0) << "somebody asked who it is";
}

TEST_F(InboundRules, LetInWhoIsInOneOfTheNetworks) {
  start(site(R"("inbound_ip_rules": [{"ip_mask": "10.0.0.0/8"}, {"ip_mask": "127.0.0.1"}])"));
  connected().expect_nothing();
}

TEST_F(InboundRules, JudgeTheClientAndNotItsProxy) {
  start(site(rules("10.0.0.0/8")));
  EXPECT_TRUE(proxied_client_is_served("10.1.2.3"));
  EXPECT_FALSE(proxied_client_is_served("192.0.2.1"));
  expect_metric("trellis_connections_refused_total", R"(reason="address")", 1);
}

// Who may come unnamed from this machine may not from elsewhere because the proxy is on it.
TEST_F(InboundRules, ClientsBehindAProxyAreWhereTheyAre) {
  Site local = site("");
  local.spaces.replace(local.spaces.find("authenticator-anonymous"), 23, "authenticator-strict");
  local.plugins += R"(, "authenticator-strict": {"plugin": "authenticator-anonymous", "config": {"remote": false}})";
  start(local);
  EXPECT_EQ(answer_behind_proxy("127.0.0.1"), 0);
  EXPECT_NE(answer_behind_proxy("192.0.2.1"), 0);
}

TEST_F(InboundRules, HoldForRequestsOfTheirNamespace) {
  start(site(""));
  HttpClient client(broker().port("web"));
  EXPECT_EQ(client.get("/", "one.example").status, 200);
  const auto refused = client.get("/", "two.example");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("IpForbidden"), std::string::npos) << refused.body;
  EXPECT_EQ(client.get("/", "one.example").status, 200) << "the connection goes on";
  expect_metric("trellis_requests_refused_total", R"(reason="address")", 1);
}

TEST_F(InboundRules, AfterAReloadHoldForWhoIsThereToo) {
  start(site(""));
  auto client = connected();
  EXPECT_TRUE(reload(site(rules("127.0.0.0/8"))));
  client.expect_nothing();
  EXPECT_TRUE(reload(site(rules("10.0.0.0/8"))));
  client.expect_closed();
  EXPECT_TRUE(reload(site("")));
  connected().expect_nothing();
}

TEST_F(InboundRules, WithoutPublicAccessOnlyThisMachineIsLeft) {
  start(site(R"("public_network_access": "disabled", )" + rules("10.0.0.0/8")));
  connected().expect_nothing();
  EXPECT_FALSE(proxied_client_is_served("10.1.2.3"));
}

}  // namespace
}  // namespace trellis::testing
