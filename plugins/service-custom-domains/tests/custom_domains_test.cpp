// The plugin in a kernel: look-ups, approvals, pages.
#include "custom_domains.hpp"

#include <gmock/gmock-matchers.h>

#include <trellis/testing/test_host.hpp>

#include "proof.hpp"

namespace custom_domains {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using trellis::testing::TestHost;

constexpr std::string_view kSecret = "0123456789abcdef";
constexpr std::string_view kSettings = R"({"secret": "0123456789abcdef", "check_interval": 30000,
  "longest_check_interval": 300000, "revalidation_interval": 86400000})";

class Plugin : public ::testing::Test {
 protected:
  explicit Plugin(std::uint32_t shards = 1) : host_({.shards = shards}) {}

  void load() {
    service_.emplace(host_.load<CustomDomains>(kSettings));
    host_.advance(1ms);
  }
  void publish(std::string_view domain, std::string_view name_space = "default") {
    host_.set_texts(record_name(domain), std::vector{record_value(kSecret, name_space, domain)});
  }
  void unpublish(std::string_view domain) { host_.set_texts(record_name(domain), std::vector<std::string>{}); }
  trellis::testing::ResponseSample ask(std::string method, std::string path, std::uint32_t shard = 0) {
    return service_->request({.method = std::move(method), .path = std::move(path)}, shard).get();
  }
  std::int64_t domains(std::string_view state) {
    return host_.metric("trellis_custom_domains", "state=\"" + std::string(state) + "\"");
  }

  TestHost host_;
  std::optional<trellis::testing::ServiceDriver> service_;
};

TEST_F(Plugin, ApprovesADomainWhoseRecordIsThere) {
  host_.custom_domain("mqtt.example.com");
  publish("mqtt.example.com");
  load();
  EXPECT_TRUE(host_.domain_known("mqtt.example.com"));
  EXPECT_TRUE(host_.logged("a domain is approved"));
  EXPECT_EQ(domains("approved"), 1);
}

TEST_F(Plugin, SaysWhatToPublishAndWaitsForIt) {
  host_.custom_domain("mqtt.example.com");
  load();
  EXPECT_TRUE(host_.logged(record_value(kSecret, "default", "mqtt.example.com")));
  EXPECT_TRUE(host_.logged("_eg.mqtt.example.com"));
  EXPECT_EQ(domains("pending"), 1);
  publish("mqtt.example.com");
  host_.advance(29s);
  EXPECT_FALSE(host_.domain_known("mqtt.example.com"));
  host_.advance(1s);
  EXPECT_TRUE(host_.domain_known("mqtt.example.com"));
  EXPECT_EQ(domains("pending"), 0);
}

TEST_F(Plugin, HostsAreNoneOfItsBusiness) {
  host_.custom_domain("broker.example.com", "default", TRELLIS_DOMAIN_HOST);
  load();
  EXPECT_EQ(ask("GET", "/").body, R"({"customDomains":[]})");
  EXPECT_EQ(domains("approved") + domains("pending"), 0);
  EXPECT_FALSE(host_.logged("broker.example.com"));
}

TEST_F(Plugin, ARecordOfAnotherNamespaceProvesNothing) {
  host_.custom_domain("mqtt.example.com", "thief");
  publish("mqtt.example.com", "default");
  load();
  EXPECT_FALSE(host_.domain_known("mqtt.example.com"));
  EXPECT_TRUE(host_.logged("a domain has TXT records, but not this one"));
}

TEST_F(Plugin, WithdrawsADomainWhoseRecordIsGone) {
  host_.custom_domain("mqtt.example.com");
  publish("mqtt.example.com");
  load();
  unpublish("mqtt.example.com");
  host_.advance(48h);
  EXPECT_TRUE(host_.domain_known("mqtt.example.com"));
  EXPECT_TRUE(host_.logged("it stays approved for now"));
  host_.advance(24h);
  EXPECT_FALSE(host_.domain_known("mqtt.example.com"));
  EXPECT_TRUE(host_.logged("a domain is no longer approved"));
}

TEST_F(Plugin, KeepsADomainWhileTheNameServersAreSilent) {
  host_.custom_domain("mqtt.example.com");
  publish("mqtt.example.com");
  load();
  host_.set_texts("_eg.mqtt.example.com", std::nullopt);
  host_.advance(240h);
  EXPECT_TRUE(host_.domain_known("mqtt.example.com"));
}

TEST_F(Plugin, SilentNameServersAreSeen) {
  host_.custom_domain("mqtt.example.com");
  host_.set_texts("_eg.mqtt.example.com", std::nullopt);
  load();
  EXPECT_TRUE(host_.logged("the name servers do not answer"));
  EXPECT_EQ(domains("error"), 1);
  EXPECT_EQ(host_.metric("trellis_custom_domain_checks_total", "outcome=\"unreachable\""), 1);
  EXPECT_THAT(ask("GET", "/mqtt.example.com").body, HasSubstr("ErrorRetrievingDnsRecord"));
}

TEST_F(Plugin, FollowsAReload) {
  load();
  EXPECT_EQ(ask("GET", "/").body, R"({"customDomains":[]})");
  host_.custom_domain("new.example.com");
  publish("new.example.com");
  host_.advance(30s);
  EXPECT_TRUE(host_.domain_known("new.example.com"));
  host_.remove_domain("new.example.com");
  host_.advance(30s);
  EXPECT_EQ(ask("GET", "/new.example.com").status, 404U);
  EXPECT_EQ(domains("approved"), 0);
}

TEST_F(Plugin, LooksManyDomainsUpInTurns) {
  for (int i = 0; i < 50; ++i) {
    const std::string name = "d" + std::to_string(i) + ".example.com";
    host_.custom_domain(name);
    publish(name);
  }
  load();
  EXPECT_EQ(domains("approved"), 50);
}

TEST_F(Plugin, ListsDomainsAsTheSheetNamesThem) {
  host_.custom_domain("b.example.com", "plant");
  host_.custom_domain("a.example.com", "default", TRELLIS_DOMAIN_UNCHECKED);
  load();
  const auto page = ask("GET", "/");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.header("content-type"), "application/json");
  EXPECT_EQ(page.header("cache-control"), "no-store");
  const auto line = [](std::string_view name, std::string_view space, std::string_view state) {
    return R"({"fullyQualifiedDomainName":")" + std::string(name) + R"(","namespace":")" + std::string(space) +
           R"(","validationState":")" + std::string(state) + R"(","expectedTxtRecordName":"_eg.)" + std::string(name) +
           R"(","expectedTxtRecordValue":")" + record_value(kSecret, space, name) + R"("})";
  };
  EXPECT_EQ(page.body, R"({"customDomains":[)" + line("a.example.com", "default", "Approved") + "," +
                           line("b.example.com", "plant", "Pending") + "]}");
  EXPECT_EQ(ask("GET", "/B.example.com").body, line("b.example.com", "plant", "Pending"));
}

class PluginOfTwoShards : public Plugin {
 protected:
  PluginOfTwoShards() : Plugin(2) {}
};

TEST_F(PluginOfTwoShards, ChecksWhenItIsAskedTo) {
  host_.custom_domain("mqtt.example.com");
  load();
  publish("mqtt.example.com");
  const auto accepted = ask("POST", "/mqtt.example.com:validate", 1);
  EXPECT_EQ(accepted.status, 202U);
  EXPECT_THAT(accepted.body, HasSubstr(R"("validationState":"Pending")"));
  host_.turn();
  EXPECT_TRUE(host_.domain_known("mqtt.example.com"));
}

TEST_F(Plugin, PagesThatAreNotThere) {
  load();
  EXPECT_EQ(ask("GET", "/other.example.com").status, 404U);
  EXPECT_EQ(ask("POST", "/other.example.com:validate").status, 404U);
  EXPECT_EQ(ask("GET", "/other.example.com:validate").header("allow"), "POST");
  EXPECT_EQ(ask("DELETE", "/").header("allow"), "GET, HEAD");
  EXPECT_EQ(ask("HEAD", "/").status, 200U);
}

TEST(Settings, TheSecretHasALength) {
  TestHost host;
  EXPECT_EQ(host.refusal<CustomDomains>(R"({"secret": "short"})"),
            "/secret: it has 5 bytes, at least 16 are needed; try: openssl rand -hex 32");
}

TEST(Settings, AKernelWithoutDomainsRefusesIt) {
  TestHost host({.missing_tables = {TRELLIS_HOST_DOMAIN}});
  EXPECT_THAT(host.refusal<CustomDomains>(kSettings), HasSubstr(TRELLIS_HOST_DOMAIN));
}

}  // namespace
}  // namespace custom_domains
