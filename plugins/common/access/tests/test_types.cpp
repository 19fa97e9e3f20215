#include <gtest/gtest.h>

#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>

#include "access/namespace_form.hpp"
#include "access/per_namespace.hpp"
#include "access/registered_client.hpp"
#include "access/types.hpp"

namespace rights {
namespace {

// Declares all of them and keeps what it heard.
class Judge final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "judge",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Uses clients and namespaces. For tests.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_RESOURCES}};
  static trellis::Schema schema() { return {}; }

  trellis::Result<void> configure(const trellis::Config&) override {
    for (const auto& rules : {clients(), namespaces(), ca_certificates()}) {
      if (auto declared = declare_resources(*this, rules); !declared) return declared;
    }
    return trellis::ok();
  }
  trellis::Result<void> start() override {
    issuers.load(host());
    return trellis::ok();
  }
  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override { return check(change); }
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override {
    issuers.update(changes);
    for (const ChangedClients& space : changed_clients(changes)) {
      for (const std::string& name : space.names) changed.push_back(space.name_space + "/" + name);
    }
    for (const ChangedClients& space : disabled_clients(changes)) {
      for (const std::string& name : space.names) disabled.push_back(space.name_space + "/" + name);
    }
  }
  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text(""); }

  PerNamespace<std::string> issuers{[](std::string_view, const trellis::Config& authentication) {
    const auto jwt = authentication.find("customJwtAuthentication");
    return jwt ? std::make_shared<const std::string>(jwt->text("tokenIssuer")) : nullptr;
  }};
  std::vector<std::string> changed;
  std::vector<std::string> disabled;
};

class AccessTypes : public testing::Test {
 protected:
  trellis::testing::TestHost host_;
  Judge& judge_ = host_.load<Judge>().as<Judge>();

  std::string put(std::string_view properties) { return host_.put_resource("clients", "press-04", properties); }
};

TEST_F(AccessTypes, AClientNeedsNothingSaid) {
  EXPECT_EQ(put("{}"), "");
  const auto client = find_client(judge_.host(), "default", "PRESS-04");
  ASSERT_TRUE(client);
  EXPECT_EQ(client->name, "press-04");
  EXPECT_TRUE(client->enabled);
  EXPECT_EQ(client->scheme, "SubjectMatchesAuthenticationName");
}

TEST_F(AccessTypes, AClientIsFoundByItsAuthenticationName) {
  EXPECT_EQ(put(R"({"authenticationName": "Presse 4/Süd"})"), "");
  EXPECT_FALSE(find_client(judge_.host(), "default", "press-04"));
  EXPECT_EQ(find_client(judge_.host(), "default", "presse 4/Süd").value().name, "Presse 4/Süd");
}

TEST_F(AccessTypes, AuthenticationNamesAreUniqueWhateverTheirCase) {
  EXPECT_EQ(put(R"({"authenticationName": "Ada"})"), "");
  EXPECT_NE(host_.put_resource("clients", "other", R"({"authenticationName": "aDA"})"), "");
  EXPECT_NE(host_.put_resource("clients", "ADA", "{}"), "");
}

TEST_F(AccessTypes, AnAuthenticationNameStaysWhatItIs) {
  EXPECT_EQ(put(R"({"authenticationName": "Ada"})"), "");
  EXPECT_NE(put(R"({"authenticationName": "Bob"})"), "");
}

TEST_F(AccessTypes, AnAuthenticationNameHasUpTo128Characters) {
  EXPECT_EQ(put(R"({"authenticationName": ")" + std::string(128, 'x') + R"("})"), "");
  EXPECT_NE(host_.put_resource("clients", "b", R"({"authenticationName": ")" + std::string(129, 'y') + R"("})"), "");
}

TEST_F(AccessTypes, ThumbprintsComeWithTheirSchemeOnly) {
  const std::string hex(40, 'a');
  const auto client = [](std::string_view scheme, std::string_view thumbprints) {
    return R"({"clientCertificateAuthentication": {"validationScheme": ")" + std::string(scheme) + "\"" +
           std::string(thumbprints) + "}}";
  };
  EXPECT_EQ(put(client("ThumbprintMatch", R"(,"allowedThumbprints": [")" + hex + R"("])")), "");
  EXPECT_NE(put(client("ThumbprintMatch", "")), "");
  EXPECT_NE(put(client("ThumbprintMatch", R"(,"allowedThumbprints": [])")), "");
  EXPECT_NE(put(client("ThumbprintMatch", R"(,"allowedThumbprints": ["abc"])")), "");
  EXPECT_NE(
      put(client("ThumbprintMatch", R"(,"allowedThumbprints": [")" + hex + R"(",")" + hex + R"(",")" + hex + R"("])")),
      "");
  EXPECT_NE(put(client("DnsMatchesAuthenticationName", R"(,"allowedThumbprints": [")" + hex + R"("])")), "");
}

TEST_F(AccessTypes, AllowedThumbprintsAreOneOrTwoOfSha1OrSha256) {
  const auto with = [&](std::string_view list) {
    return put(R"({"clientCertificateAuthentication": {"validationScheme": "ThumbprintMatch", "allowedThumbprints": )" +
               std::string(list) + "}}");
  };
  const std::string sha1 = '"' + std::string(40, 'A') + '"';
  const std::string sha256 = '"' + std::string(64, 'b') + '"';
  EXPECT_EQ(with('[' + sha1 + ']'), "");
  EXPECT_EQ(with('[' + sha1 + ',' + sha256 + ']'), "");
  EXPECT_EQ(with(R"(["00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33"])"), "");
  EXPECT_NE(with('[' + sha1 + ',' + sha1 + ',' + sha256 + ']'), "");
  EXPECT_NE(with("[]"), "");
  const std::string why = with("[" + sha1 + ",\"" + std::string(39, 'a') + "g\"]");
  EXPECT_NE(why.find("allowedThumbprints/1: expected 40 (SHA-1) or 64 (SHA-256)"), std::string::npos) << why;
}

TEST_F(AccessTypes, ASchemeThatIsNotSaidIsShownAsSubjectMatchesAuthenticationName) {
  EXPECT_EQ(put("{}"), "");
  std::string shown;
  trellis::with_resource(judge_.host(), "default", "clients", "press-04",
                         [&](const trellis::Resource& one) { shown = one.json(); });
  EXPECT_NE(shown.find(R"("clientCertificateAuthentication":{"validationScheme":"SubjectMatchesAuthenticationName"})"),
            std::string::npos)
      << shown;
}

TEST_F(AccessTypes, ASchemeIsOneOfSix) {
  for (const std::string_view scheme :
       {"SubjectMatchesAuthenticationName", "DnsMatchesAuthenticationName", "UriMatchesAuthenticationName",
        "IpMatchesAuthenticationName", "EmailMatchesAuthenticationName"}) {
    EXPECT_EQ(put(R"({"clientCertificateAuthentication": {"validationScheme": ")" + std::string(scheme) + R"("}})"),
              "");
  }
  EXPECT_NE(put(R"({"clientCertificateAuthentication": {"validationScheme": "subjectMatchesAuthenticationName"}})"),
            "");
  EXPECT_NE(put(R"({"clientCertificateAuthentication": {"validationScheme": ""}})"), "");
}

TEST_F(AccessTypes, AttributesAreJudged) {
  EXPECT_EQ(put(R"({"attributes": {"type": "press", "floor": 3, "sensors": ["a"], "spare": true}})"), "");
  EXPECT_NE(put(R"({"attributes": {"a b": 1}})"), "");
  EXPECT_NE(put(R"({"attributes": {"a": {"b": 1}}})"), "");
  EXPECT_NE(put(R"({"attributes": {"a": [1]}})"), "");
}

TEST_F(AccessTypes, OnlyADescriptionIsNoChange) {
  put("{}");
  put(R"({"description": "by the door"})");
  EXPECT_TRUE(judge_.changed.empty());
  put(R"({"attributes": {"floor": 3}})");
  EXPECT_EQ(judge_.changed, std::vector<std::string>{"default/press-04"});
  put(R"({"state": "Disabled"})");
  EXPECT_EQ(judge_.disabled, std::vector<std::string>{"default/press-04"});
  host_.remove_resource("clients", "press-04");
  EXPECT_EQ(judge_.changed.size(), 3u);
}

TEST_F(AccessTypes, SettingsOfANamespaceBearItsName) {
  constexpr std::string_view settings =
      R"({"topicSpacesConfiguration": {"clientAuthentication": {"customJwtAuthentication": {"tokenIssuer": "i"}}}})";
  EXPECT_NE(host_.put_resource("namespaces", "other", settings), "");
  EXPECT_EQ(host_.put_resource("namespaces", "default", settings), "");
  ASSERT_NE(judge_.issuers.find("default"), nullptr);
  EXPECT_EQ(*judge_.issuers.find("default"), "i");
  EXPECT_EQ(judge_.issuers.find("other"), nullptr);
  host_.put_resource("namespaces", "default", "{}");
  EXPECT_EQ(judge_.issuers.find("default"), nullptr);
}

TEST_F(AccessTypes, ANamespaceKeepsWhatHasNoEffectHere) {
  const auto put_namespace = [&](const std::string& members) {
    return host_.put_resource("namespaces", "default", members);
  };
  EXPECT_EQ(
      put_namespace(R"({"location": "here", "tags": {"plant": "north"}, "sku": {"name": "Standard", "capacity": 40},
      "identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {"id": {}}},
      "isZoneRedundant": true, "publicNetworkAccess": "Enabled", "inboundIpRules": [],
      "minimumTlsVersionAllowed": "1.2", "disableLocalAuth": true, "topicsConfiguration": {"customDomains": []},
      "topicSpacesConfiguration": {"state": "Enabled", "routeTopicResourceId": "", "customDomains": [],
        "routingIdentityInfo": {"type": "SystemAssigned"}, "routingEnrichments": {"static": [], "dynamic": []}}})"),
      "");
  for (const char* const wrong :
       {R"({"location": 1})", R"({"tags": {"a": 1}})", R"({"sku": {"name": "Premium"}})",
        R"({"sku": {"capacity": 41}})", R"({"sku": {"capacity": 0}})", R"({"identity": {"type": "Own"}})",
        R"({"isZoneRedundant": "yes"})", R"({"publicNetworkAccess": "on"})", R"({"inboundIpRules": {}})",
        R"({"minimumTlsVersionAllowed": "1.0"})", R"({"disableLocalAuth": "true"})"}) {
    EXPECT_NE(put_namespace(wrong), "") << wrong;
  }
}

TEST_F(AccessTypes, ZoneRedundancyOfANamespaceCannotChangeAfterCreation) {
  EXPECT_EQ(host_.put_resource("namespaces", "default", R"({"isZoneRedundant": true})"), "");
  EXPECT_EQ(host_.put_resource("namespaces", "default", R"({"isZoneRedundant": true, "location": "b"})"), "");
  const std::string why = host_.put_resource("namespaces", "default", R"({"isZoneRedundant": false})");
  EXPECT_NE(why.find("cannot be changed after creation; it is true"), std::string::npos) << why;
  const std::string forgotten = host_.put_resource("namespaces", "default", R"({"location": "c"})");
  EXPECT_NE(forgotten.find("cannot be changed after creation; it is true"), std::string::npos) << forgotten;
}

TEST_F(AccessTypes, ANamespaceTakesNothingThatWouldBeBelievedToActAndDoesNot) {
  const std::pair<const char*, const char*> all[] = {
      {R"({"publicNetworkAccess": "Disabled"})", "/publicNetworkAccess"},
      {R"({"inboundIpRules": [{"ipMask": "10.0.0.0/8", "action": "Allow"}]})", "/inboundIpRules"},
      {R"({"topicsConfiguration": {"customDomains": [{}]}})", "/topicsConfiguration/customDomains"},
      {R"({"topicSpacesConfiguration": {"customDomains": [{}]}})", "/topicSpacesConfiguration/customDomains"},
      {R"({"topicSpacesConfiguration": {"state": "Disabled"}})", "/topicSpacesConfiguration/state"},
      {R"({"topicSpacesConfiguration": {"routingEnrichments": {"static": [{"key": "a", "value": "b"}]}}})",
       "/topicSpacesConfiguration/routingEnrichments"},
      {R"({"topicSpacesConfiguration": {"routingEnrichments": {"dynamic": [{"key": "a", "value": "b"}]}}})",
       "/topicSpacesConfiguration/routingEnrichments"}};
  for (const auto& [properties, pointer] : all) {
    const std::string why = host_.put_resource("namespaces", "default", properties);
    EXPECT_NE(why.find(pointer), std::string::npos) << properties << ": " << why;
  }
}

TEST_F(AccessTypes, ANamespaceRoutesToATopicThatIsThere) {
  const auto why = [&](const std::string& id) {
    return host_.put_resource("namespaces", "default",
                              R"({"topicSpacesConfiguration": {"routeTopicResourceId": ")" + id + R"("}})");
  };
  EXPECT_NE(why("t1").find("topics/t1 is not there"), std::string::npos) << why("t1");
  EXPECT_NE(why("/x/topics/t1").find("topics/t1 is not there"), std::string::npos) << "nobody declares topics";
  for (const char* const id : {"/x/topics/", "topics/", "/x/t1", "a/b", "/"})
    EXPECT_NE(why(id).find("expected the name of a topic of this namespace"), std::string::npos) << id;
}

TEST(RouteTopic, IsNamedByItsNameOrAnId) {
  for (const char* const id : {"t1", "/subscriptions/s/x/namespaces/plant/topics/t1", "namespaces/Plant/Topics/t1",
                               "/subscriptions/s/providers/Microsoft.EventGrid/topics/t1"}) {
    const auto topic = route_topic(id, "plant");
    ASSERT_TRUE(topic) << topic.error().text;
    EXPECT_EQ(*topic, "t1");
  }
  EXPECT_EQ(route_topic("/x/namespaces/other/topics/t1", "plant").error().text,
            "/topicSpacesConfiguration/routeTopicResourceId: expected the name of a topic of this namespace, or an id "
            "that ends with /namespaces/plant/topics/NAME or /topics/NAME, found namespace \"other\"");
}

TEST_F(AccessTypes, SettingsOfANamespaceAreJudged) {
  const auto authentication = [&](std::string_view inside) {
    return host_.put_resource("namespaces", "default",
                              R"({"topicSpacesConfiguration": {"clientAuthentication": )" + std::string(inside) + "}}");
  };
  EXPECT_EQ(
      authentication(R"({"alternativeAuthenticationNameSources": ["ClientCertificateDns", "ClientCertificateUri"]})"),
      "");
  EXPECT_NE(authentication(R"({"alternativeAuthenticationNameSources": ["ClientCertificateName"]})"), "");
  EXPECT_NE(authentication(R"({"customJwtAuthentication": {}})"), "");
  EXPECT_NE(authentication(R"({"customJwtAuthentication": {"tokenIssuer": "i", "algorithms": ["none"]}})"), "");
  EXPECT_NE(authentication(R"({"customJwtAuthentication": {"tokenIssuer": "i", "algorithms": ["HS256"]}})"), "");
  EXPECT_NE(authentication(R"({"unknown": {}})"), "");
}

}  // namespace
}  // namespace rights
