// Domains that namespaces claim, through the SDK and TestHost.
#include <gmock/gmock-matchers.h>

#include <trellis/domain.hpp>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>

namespace {

using trellis::testing::TestHost;

class DomainService final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "domains", .version = "1.0.0"};
  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    const std::string_view name = request.path().substr(1);
    if (!name.empty()) return reply.text(set_approved(host(), name, request.method() == "PUT") ? "yes" : "no");
    std::string out;
    for (const trellis::Domain& one : trellis::domains(host())) {
      out += one.name_space + "/" + one.name + "=" + std::to_string(static_cast<std::uint32_t>(one.state)) + " ";
    }
    reply.text(out);
  }
};

TEST(Domains, AreListedAndApproved) {
  TestHost host;
  host.custom_domain("a.example");
  host.custom_domain("b.example", "plant", TRELLIS_DOMAIN_UNCHECKED);
  auto service = host.load<DomainService>();
  EXPECT_EQ(service.get("/").body(), "default/a.example=1 plant/b.example=3 ");
  EXPECT_FALSE(host.domain_known("a.example"));
  EXPECT_TRUE(host.domain_known("b.example"));

  EXPECT_EQ(service.request({.method = "PUT", .path = "/a.example"}).body(), "yes");
  EXPECT_TRUE(host.domain_known("a.example"));
  EXPECT_EQ(service.get("/a.example").body(), "yes");
  EXPECT_FALSE(host.domain_known("a.example"));
  EXPECT_EQ(service.get("/b.example").body(), "yes");
  EXPECT_TRUE(host.domain_known("b.example")) << "it needs no proof";

  host.remove_domain("a.example");
  EXPECT_EQ(service.request({.method = "PUT", .path = "/a.example"}).body(), "no");
  EXPECT_EQ(service.get("/").body(), "plant/b.example=3 ");
}

TEST(Domains, HostsAreListedAndNeedNoApproval) {
  TestHost host;
  host.custom_domain("broker.example", "plant", TRELLIS_DOMAIN_HOST);
  auto service = host.load<DomainService>();
  EXPECT_EQ(service.get("/").body(), "plant/broker.example=4 ");
  EXPECT_EQ(service.get("/broker.example").body(), "yes");
  EXPECT_EQ(service.get("/").body(), "plant/broker.example=4 ") << "no plugin takes a host away";
  EXPECT_TRUE(host.domain_known("broker.example"));
}

TEST(Domains, ThereAreNoneWhereTheKernelKnowsNone) {
  TestHost host({.missing_tables = {TRELLIS_HOST_DOMAIN}});
  host.custom_domain("a.example");
  auto service = host.load<DomainService>();
  EXPECT_EQ(service.get("/").body(), "");
  EXPECT_EQ(service.get("/a.example").body(), "no");
}

}  // namespace
