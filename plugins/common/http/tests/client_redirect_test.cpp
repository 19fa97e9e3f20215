// Redirects: followed only where asked for, and never to where they must not lead.
#include "client_fixture.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string redirect(std::string_view status, std::string_view location) {
  return "HTTP/1.1 " + std::string(status) + " Moved\r\nLocation: " + std::string(location) +
         "\r\nContent-Length: 0\r\n\r\n";
}

class ClientRedirect : public ClientTest {
 protected:
  std::shared_ptr<Watch> follow(ClientRequest request, std::uint32_t most = 3) {
    request.follow_redirects = most;
    request.headers.insert(request.headers.end(), {{"Authorization", "secret"}, {"Content-Type", "text/plain"}});
    return send(std::move(request));
  }
};

TEST_F(ClientRedirect, IsAResponseLikeAnyOtherUnlessAskedFor) {
  const auto watch = send(get("http://h/"));
  host_.answer_dial().send(redirect("302", "/x"));
  EXPECT_EQ(watch->status(), 302U);
}

TEST_F(ClientRedirect, IsFollowedOverTheSameConnection) {
  const auto watch = follow(get("http://h/a/b"));
  auto server = host_.answer_dial();
  server.send(redirect("302", "c?d#e"));
  EXPECT_THAT(server.received(), HasSubstr("GET /a/c?d HTTP/1.1\r\nhost: h\r\nAuthorization: secret\r\n"));
  server.send(ok("there"));
  EXPECT_EQ(watch->body(), "there");
  EXPECT_EQ((*watch->result)->url.target, "/a/c?d");
}

TEST_F(ClientRedirect, LeavesSecretsWithTheOriginTheyWereFor) {
  follow(get("http://h/"));
  host_.answer_dial().send(redirect("307", "http://other/"));
  EXPECT_EQ(host_.dials()[0].host, "other");
  const std::string sent = host_.answer_dial().received();
  EXPECT_THAT(sent, Not(HasSubstr("secret")));
  EXPECT_THAT(sent, HasSubstr("Content-Type"));
}

struct MethodCase {
  std::string_view status;
  std::string_view before;
  std::string_view after;
};
class RedirectMethod : public ClientRedirect, public ::testing::WithParamInterface<MethodCase> {};

TEST_P(RedirectMethod, FollowsTheStatus) {
  ClientRequest request = post("http://h/");
  request.method = GetParam().before;
  follow(std::move(request));
  auto server = host_.answer_dial();
  (void)server.received();
  server.send(redirect(GetParam().status, "/x"));
  const std::string sent = server.received();
  EXPECT_THAT(sent, ::testing::StartsWith(std::string(GetParam().after) + " /x "));
  const bool keeps_body = GetParam().before == GetParam().after;
  EXPECT_EQ(sent.ends_with("\r\n\r\ndata"), keeps_body);
  EXPECT_EQ(sent.find("Content-Type") != std::string::npos, keeps_body);
}

INSTANTIATE_TEST_SUITE_P(Statuses, RedirectMethod,
                         ::testing::Values(MethodCase{"301", "POST", "GET"}, MethodCase{"302", "POST", "GET"},
                                           MethodCase{"303", "POST", "GET"}, MethodCase{"303", "PUT", "GET"},
                                           MethodCase{"301", "PUT", "PUT"}, MethodCase{"307", "POST", "POST"},
                                           MethodCase{"308", "POST", "POST"}));

TEST_F(ClientRedirect, LeadsNowhereItMustNotGo) {
  ClientRequest request = get("http://h/");
  request.may_follow = [](const Url& url) { return url.host == "h"; };
  const auto watch = follow(std::move(request));
  auto server = host_.answer_dial();
  server.send(redirect("302", "http://h/there"));
  server.send(redirect("302", "http://other/"));
  EXPECT_EQ(watch->error(), "GET http://h: is redirected to http://other, where it must not go");
  EXPECT_EQ(watch->failure(), Failure::redirect);
  EXPECT_TRUE(host_.dials().empty()) << "nobody there is asked";
}

TEST_F(ClientRedirect, NeverGivesUpEncryption) {
  const auto watch = follow(get("https://h/"));
  host_.answer_dial().send(redirect("302", "http://h/"));
  EXPECT_EQ(watch->failure(), Failure::redirect);
  EXPECT_EQ(watch->error(), "GET https://h: is redirected to http://h, which is not encrypted");
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(ClientRedirect, ComesToAnEnd) {
  const auto watch = follow(get("http://h/"), 2);
  auto server = host_.answer_dial();
  for (int i = 0; i < 3; ++i) server.send(redirect("302", "/"));
  EXPECT_EQ(watch->error(), "GET http://h: is redirected more than 2 times");
}

TEST_F(ClientRedirect, LeadsToAUrl) {
  const auto watch = follow(get("http://h/"));
  host_.answer_dial().send(redirect("302", "ftp://h/"));
  EXPECT_EQ(watch->error(), "GET http://h: is redirected to nowhere: the URL does not begin with https:// or http://");
}

TEST_F(ClientRedirect, WithoutALocationIsTheAnswer) {
  const auto watch = follow(get("http://h/"));
  host_.answer_dial().send("HTTP/1.1 300 Choices\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(watch->status(), 300U);
  const auto second = follow(get("http://g/"));
  host_.answer_dial().send("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(second->status(), 302U);
}

TEST_F(ClientRedirect, SharesOneDeadline) {
  ClientRequest request = get("http://h/");
  request.deadline = 1s;
  const auto watch = follow(std::move(request));
  host_.advance(600ms);
  auto server = host_.answer_dial();
  server.send(redirect("302", "/x"));
  host_.advance(399ms);
  EXPECT_FALSE(watch->done());
  host_.advance(1ms);
  EXPECT_EQ(watch->failure(), Failure::timeout);
}

}  // namespace
}  // namespace trellis::http::testing
