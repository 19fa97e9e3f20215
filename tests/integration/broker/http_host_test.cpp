// Which namespace a request belongs to: without TLS its Host field tells, with TLS only the name of TLS does.
#include "support/command.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class HttpHosts : public SiteTest {
 protected:
  // Namespaces are numbered in the order of their names: default, one, two.
  static Site site() {
    return {.shards = 2,
            .plugins = R"("service-mirror": {"file": ")" + test_plugins() + R"(/service-mirror.so"})",
            .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-mirror"}},
                            {"name": "proxied", "address": "127.0.0.1:0", "layers": ["transport-proxy-protocol"],
                             "protocol": "transport-http", "services": {"/": "service-mirror"}},)",
            .spaces = R"("one": {"hosts": ["one.example", "*.one.example"]}, "two": {"hosts": ["two.example"]},)"};
  }
};

TEST_F(HttpHosts, ChooseTheNamespaceRequestByRequest) {
  start(site());
  HttpClient client(broker().port("web"));
  EXPECT_EQ(client.get("/a", "one.example").body, "namespace 1 host <one.example> path /a");
  EXPECT_EQ(client.get("/b", "TWO.example:8080").body, "namespace 2 host <TWO.example> path /b");
  EXPECT_EQ(client.get("/", "x.one.example").body, "namespace 1 host <x.one.example> path /");
  EXPECT_EQ(client.get("/", "elsewhere").body, "namespace 0 host <elsewhere> path /");
  EXPECT_EQ(client.get("/", "[::1]:80").body, "namespace 0 host <[::1]> path /");
}

TEST_F(HttpHosts, MeanTheSameInHttp2) {
  start(site());
  const auto url = "http://127.0.0.1:" + std::to_string(broker().port("web")) + "/";
  const auto answer = run_command({"curl", "-sS", "--http2-prior-knowledge", "-H", "Host: two.example", url});
  EXPECT_EQ(answer.out, "namespace 2 host <two.example> path /") << answer.describe();
}

TEST_F(HttpHosts, AfterAReloadAreThoseOfTheNewFile) {
  Site other = site();
  start(other);
  other.spaces = R"("one": {}, "two": {"hosts": ["one.example"]},)";
  EXPECT_TRUE(reload(other));
  HttpClient client(broker().port("web"));
  EXPECT_EQ(client.get("/", "one.example").body, "namespace 2 host <one.example> path /");
}

TEST_F(HttpHosts, LeadNowhereElseWhereALayerKnewTheHost) {
  start(site());
  // A PROXY header of version 2, TCP over IPv4, whose one fact is the authority "one.example".
  using namespace std::string_literals;
  HttpClient client(broker().port("proxied"));
  client.send(
      "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1a\x7f\0\0\1\x7f\0\0\1\0\1\0\1\x02\0\x0b"
      "one.example"s);
  EXPECT_EQ(client.get("/", "one.example").body, "namespace 1 host <one.example> path /");
  EXPECT_EQ(client.get("/", "elsewhere").body, "namespace 1 host <elsewhere> path /");
  const auto refused = client.get("/", "two.example");
  EXPECT_EQ(refused.status, 421);
  EXPECT_NE(refused.head.find("application/json"), std::string::npos) << refused.head;
  EXPECT_NE(refused.body.find("MisdirectedRequest"), std::string::npos) << refused.body;
  EXPECT_EQ(client.get("/", "one.example").status, 200) << "the connection goes on";
  expect_metric("trellis_requests_refused_total", R"(reason="host")", 1);
}

TEST_F(HttpHosts, LeadNowhereElseOverTls) {
  const TemporaryDirectory certificates;
  const auto made = trellis({"cert", "dev", certificates.path()});
  ASSERT_EQ(made.code, 0) << made.describe();
  const std::string file = "\"" + certificates.path() + "/server.";
  Site secure = site();
  secure.plugins += R"(, "transport-tls": {"config": {"certificates": [{"chain": )" + file + "pem\", \"key\": " + file +
                    R"(key"}]}})";
  secure.listeners = R"({"name": "web", "address": "127.0.0.1:0", "layers": ["transport-tls"],
                         "protocol": "transport-http", "services": {"/": "service-mirror"}},)";
  start(secure);
  const auto port = std::to_string(broker().port("web"));
  const auto ask = [&](const std::string& name, const std::string& host) {
    return run_command({"curl", "-sSk", "--resolve", name + ":" + port + ":127.0.0.1", "-H", "Host: " + host, "-w",
                        " %{http_code}", "https://" + name + ":" + port + "/"})
        .out;
  };
  EXPECT_EQ(ask("one.example", "one.example"), "namespace 1 host <one.example> path / 200");
  EXPECT_EQ(ask("one.example", "elsewhere"), "namespace 1 host <elsewhere> path / 200");
  EXPECT_NE(ask("one.example", "two.example").find("MisdirectedRequest"), std::string::npos);
  EXPECT_NE(ask("elsewhere", "two.example").find(" 421"), std::string::npos) << "no name of TLS decided, none may now";
  expect_metric("trellis_requests_refused_total", R"(reason="host")", 2);
}

}  // namespace
}  // namespace trellis::testing
