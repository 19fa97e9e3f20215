// Domains that have to be proved: they choose a namespace once the record is there.
#include "support/name_server.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class CustomDomains : public SiteTest {
 protected:
  Site site(const std::string& root = "") const {
    return {.plugins =
                R"("service-custom-domains": {"config": {"secret": "a secret of many bytes", "check_interval": "1s"}},
                          "mirror": {"plugin": "service-mirror", "file": ")" +
                test_plugins() + R"(/service-mirror.so"})",
            .listeners = R"({"name": "http", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "mirror", "/domains": "service-custom-domains"}},)",
            .root = R"("outbound": {"name_servers": [")" + names_.address() + "\"]}" + root,
            .spaces = R"("plant": {"custom_domains": ["mqtt.example.com"]},)"};
  }
  std::string get(const std::string& path, const std::string& host = "localhost") {
    return http_get(broker().port("http"), path, host).body;
  }
  std::string value_of(const std::string& key) {
    const std::string all = get("/domains/mqtt.example.com");
    const std::size_t at = all.find('"' + key + '"');
    const std::size_t from = all.find('"', all.find(':', at)) + 1;
    return at == std::string::npos ? all : all.substr(from, all.find('"', from) - from);
  }
  /// "namespace 0".
  std::string space_of(const std::string& host) {
    const std::string all = get("/where", host);
    return all.substr(0, all.find(" host"));
  }

  NameServer names_;
};

TEST_F(CustomDomains, CountOnceTheRecordIsThere) {
  start(site());
  EXPECT_TRUE(eventually([&] { return value_of("validationState") == "Pending"; }));
  const std::string elsewhere = space_of("mqtt.example.com");
  EXPECT_EQ(elsewhere, space_of("unknown.example.com"));
  names_.set_texts(value_of("expectedTxtRecordName"), {"something else", value_of("expectedTxtRecordValue")});
  EXPECT_TRUE(eventually([&] { return value_of("validationState") == "Approved"; }));
  EXPECT_NE(space_of("mqtt.example.com"), elsewhere);
  EXPECT_EQ(space_of("unknown.example.com"), elsewhere);
  Site other = site();
  other.space = R"("hosts": ["other.example.com"])";
  ASSERT_TRUE(reload(other));
  EXPECT_NE(space_of("mqtt.example.com"), elsewhere) << "a reload forgets nothing";
}

TEST_F(CustomDomains, CountAtOnceWhereNobodyAsksForProof) {
  start(site(R"(, "custom_domain_check": false)"));
  EXPECT_NE(space_of("mqtt.example.com"), space_of("unknown.example.com"));
  EXPECT_TRUE(eventually([&] { return value_of("validationState") == "Approved"; }));
}

TEST_F(CustomDomains, WithoutProofTakeNothingFromOthers) {
  Site wide = site();
  wide.spaces += R"("office": {"hosts": ["*.example.com"]},)";
  start(wide);
  EXPECT_TRUE(eventually([&] { return value_of("validationState") == "Pending"; }));
  EXPECT_EQ(space_of("mqtt.example.com"), space_of("any.example.com"));
  EXPECT_NE(space_of("mqtt.example.com"), space_of("example.org"));
}

TEST_F(CustomDomains, AreNobodyElsesHosts) {
  start(site());
  Site twice = site();
  twice.space = R"("hosts": ["mqtt.example.com"])";
  EXPECT_FALSE(reload(twice));
  EXPECT_TRUE(eventually([&] {
    return broker().output().find("a host leads to one namespace, this one is listed already") != std::string::npos;
  }));
}

}  // namespace
}  // namespace trellis::testing
