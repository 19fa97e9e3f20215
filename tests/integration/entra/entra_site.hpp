// A broker that believes a real issuer, for the tests of this folder.
#pragma once

#include <string>

#include "support/issuer.hpp"
#include "support/site.hpp"

namespace trellis::testing {

/// The issuer serves before the broker starts, with these clients: press (oid press-oid, tenant plant), mill, board
/// with the role dashboard, a user, one of another tenant, and brief, whose tokens are good for five seconds.
class EntraTest : public SiteTest {
 protected:
  static constexpr const char* kMethod = "OAUTH2-JWT";

  EntraTest()
      : issuer_(R"({"clients": {
          "press": {"claims": {"oid": "press-oid", "tid": "plant", "idtyp": "app"}},
          "mill": {"claims": {"oid": "mill-oid", "azp": "app", "tid": "plant"}},
          "user": {"claims": {"oid": "user-oid", "azp": "app", "tid": "plant", "scp": "user_impersonation"}},
          "board": {"claims": {"oid": "board-oid", "azp": "app", "tid": "plant", "roles": ["dashboard"]}},
          "stranger": {"claims": {"oid": "stranger-oid", "azp": "app", "tid": "elsewhere"}},
          "brief": {"claims": {"oid": "press-oid", "azp": "app", "tid": "plant"}, "ttl": 5}}})") {}

  /// block: further members of entraAuthentication. settings: of the plugin. resources: further types of the namespace,
  /// each followed by a comma.
  Site site(const std::string& block = "", const std::string& settings = "", const std::string& resources = "") {
    folder_.write("entra.json", "{" + resources + R"("namespaces": {"default": {"topicSpacesConfiguration": {
        "clientAuthentication": {"entraAuthentication": {"issuer": ")" +
                                    issuer_.url() + R"(", "tenants": ["plant"], "clockSkewInSeconds": 1)" +
                                    (block.empty() ? "" : ", " + block) + "}}}}}}");
    return {.shards = 2,
            .log = R"("level": "trace")",
            .plugins = R"("authenticator-entra": {"config": {)" + settings + "}}",
            .root = R"("resources": ")" + folder_.path() + R"(", "outbound": {"allow": ["127.0.0.0/8"]})",
            .authenticators = R"("authenticator-entra", "authenticator-anonymous")"};
  }

  static Properties proof(const std::string& token, const std::string& method = kMethod) {
    return Properties().add(Prop::auth_method, method).add(Prop::auth_data, token);
  }
  /// A client that has sent its CONNECT.
  RawClient knocking(const std::string& token, Connect connect = {}) {
    auto client = open();
    connect.client_id = unique(std::to_string(next_number()));
    connect.properties = proof(token);
    client.send_connect(connect);
    return client;
  }
  RawClient let_in(const std::string& token, const Connect& connect = {}) {
    auto client = knocking(token, connect);
    EXPECT_EQ(client.expect(PacketType::connack).reason, 0) << broker().output();
    return client;
  }
  /// The reason code of its CONNACK.
  std::uint8_t answer_to(const std::string& token) { return knocking(token).expect(PacketType::connack).reason; }

  Issuer issuer_;
  TemporaryDirectory folder_;
};

}  // namespace trellis::testing
