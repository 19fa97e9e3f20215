// The plugin in a TestHost, whose HTTP servers the test plays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "authenticator_lua.hpp"
#include "common/lua_script/tests/folder.hpp"

namespace lua::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using trellis::AuthVerdict;
using trellis::Status;
using trellis::testing::Client;
using trellis::testing::TestHost;
using namespace std::chrono_literals;

std::string http(std::uint32_t status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) + " Said\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

class AuthenticatorTest : public ScriptFolder {
 protected:
  using Driver = trellis::testing::AuthenticatorDriver;

  void script(const std::string& body) { write("rule.lua", "function on_authenticate(credentials) " + body + " end"); }
  Driver load(const std::string& more = R"("hosts": ["id.example.com"])") {
    return host_.load<AuthenticatorLua>(settings(more));
  }
  std::int64_t decided(const std::string& decision) const {
    return host_.metric("trellis_lua_decisions_total",
                        std::string(kLabel) + R"(,hook="on_authenticate",decision=")" + decision + "\"");
  }
  std::int64_t waiting() const { return host_.metric("trellis_lua_waiting", kLabel); }

  TestHost host_;
};

constexpr const char* kAsks = R"(
  local answer, why = http.post('https://id.example.com/check', {body = credentials.username, timeout = 3})
  if answer == nil then return deny(why) end
  if answer.status == 200 then return allow(answer.body, {room = 'a'}) end
  return deny('said ' .. answer.status))";

TEST_F(AuthenticatorTest, DecidesAtOnce) {
  script(R"(
    if credentials.username == nil then return defer() end
    if crypto.equal(hex.encode(crypto.sha256(credentials.password)), '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b') then
      return allow(credentials.username, {rooms = {'a', 'b'}}, {expires = now() + 60})
    end
    return deny('wrong password'))");
  auto plugin = load("");
  const auto allowed = plugin.connect({.username = "ada", .password = "secret"}).outcome();
  EXPECT_EQ(allowed.verdict, AuthVerdict::allow);
  EXPECT_EQ(allowed.name, "ada");
  EXPECT_THAT(allowed.attributes, ElementsAre(Pair("rooms", R"(["a","b"])")));
  EXPECT_TRUE(allowed.own_attributes);
  EXPECT_TRUE(allowed.token);
  EXPECT_NEAR(static_cast<double>(allowed.expires_at_ms), static_cast<double>((host_.wall() + 60s).count()), 5);
  const auto denied = plugin.connect({.username = "ada", .password = "wrong"}).outcome();
  EXPECT_EQ(denied.verdict, AuthVerdict::deny);
  EXPECT_EQ(denied.reason, "wrong password");
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::defer);
  EXPECT_EQ(decided("allow") + decided("deny") + decided("defer"), 3);
}

TEST_F(AuthenticatorTest, WithoutATableTheRegisteredAttributesCount) {
  script("return allow('ada')");
  auto plugin = load("");
  const auto outcome = plugin.connect({}).outcome();
  EXPECT_FALSE(outcome.own_attributes);
  EXPECT_FALSE(outcome.token);
  EXPECT_EQ(outcome.expires_at_ms, 0);
}

TEST_F(AuthenticatorTest, AnEndThatIsOverDenies) {
  script("return allow('ada', {}, {expires = now() - 1})");
  EXPECT_EQ(load("").connect({}).verdict(), AuthVerdict::deny);
}

TEST_F(AuthenticatorTest, AsksAServer) {
  script(kAsks);
  auto plugin = load();
  const auto client = plugin.connect({.username = "ada"});
  EXPECT_EQ(client.verdict(), AuthVerdict::pending);
  EXPECT_EQ(waiting(), 1);
  ASSERT_EQ(host_.dials().size(), 1U);
  EXPECT_EQ(host_.dials()[0].host, "id.example.com");
  EXPECT_TRUE(host_.dials()[0].secure);
  auto server = host_.answer_dial();
  const std::string asked = server.received();
  EXPECT_THAT(asked, HasSubstr("POST /check HTTP/1.1"));
  EXPECT_THAT(asked, HasSubstr("\r\n\r\nada"));
  server.send(http(200, "lovelace"));
  EXPECT_EQ(client.outcome().name, "lovelace");
  EXPECT_EQ(waiting(), 0);
}

TEST_F(AuthenticatorTest, ClientsWaitSideBySide) {
  script(kAsks);
  auto plugin = load();
  const auto ada = plugin.connect({.username = "ada"});
  auto first = host_.answer_dial();
  const auto bob = plugin.connect({.username = "bob"});
  auto second = host_.answer_dial();
  second.send(http(200, "2"));
  first.send(http(403, ""));
  EXPECT_EQ(bob.outcome().name, "2");
  EXPECT_EQ(ada.outcome().reason, "said 403");
}

TEST_F(AuthenticatorTest, ServersThatFailAreTold) {
  script(kAsks);
  auto plugin = load();
  const auto client = plugin.connect({.username = "ada"});
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody listens");
  EXPECT_THAT(client.outcome().reason, HasSubstr("nobody listens"));
  const auto patient = plugin.connect({.username = "ada"});
  host_.advance(3s);
  EXPECT_EQ(patient.verdict(), AuthVerdict::deny) << "its own timeout";
}

TEST_F(AuthenticatorTest, TheDeadlineHoldsForAllRequestsTogether) {
  script("for i = 1, 8 do http.get('https://id.example.com/' .. i) end return allow('x')");
  auto plugin = load(R"("hosts": ["id.example.com"], "timeout": "2s")");
  const auto client = plugin.connect({});
  auto server = host_.answer_dial();
  server.send(http(200, ""));
  host_.advance(1s);
  EXPECT_EQ(client.verdict(), AuthVerdict::pending);
  host_.advance(1s);
  EXPECT_EQ(client.outcome().status, Status::unavailable);
  EXPECT_EQ(decided("timeout"), 1);
}

TEST_F(AuthenticatorTest, OnlyHostsOfTheSettingAreAsked) {
  script("local answer, why = http.get(credentials.username) return deny(why)");
  auto plugin = load(R"("hosts": ["ID.example.com", "127.0.0.1:8080", "10.0.0.1"])");
  const std::pair<const char*, const char*> rows[] = {
      {"https://other.example.com/", "the setting hosts does not have other.example.com"},
      {"https://id.example.com.evil.com/", "the setting hosts does not have id.example.com.evil.com"},
      {"https://id.example.com@evil.com/", "the URL"},
      {"https://127.0.0.1:8081/", "the setting hosts does not have 127.0.0.1"},
      {"http://id.example.com/", "expected https://"},
      {"http://10.0.0.1/", "expected https://"},
      {"ftp://id.example.com/", "the URL"},
      {"file:///etc/passwd", "the URL"},
  };
  for (const auto& [url, why] : rows) {
    EXPECT_THAT(plugin.connect({.username = url}).outcome().reason, HasSubstr(why)) << url;
  }
  EXPECT_TRUE(host_.dials().empty());
  EXPECT_EQ(plugin.connect({.username = "http://127.0.0.1:8080/"}).verdict(), AuthVerdict::pending);
}

TEST_F(AuthenticatorTest, AClientThatLeavesIsForgotten) {
  script("local ok = pcall(http.get, 'https://id.example.com/') state.set('went on', true) return allow('x')");
  auto plugin = load();
  auto client = plugin.connect({});
  client.leave();
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(decided("abandoned"), 1);
  host_.advance(20s);
  EXPECT_EQ(decided("allow"), 0);
}

TEST_F(AuthenticatorTest, QuestionsUnderWayAreBounded) {
  script(kAsks);
  auto plugin = load(R"("hosts": ["id.example.com"], "pending": 2)");
  const auto one = plugin.connect({.username = "a"});
  const auto two = plugin.connect({.username = "b"});
  const auto outcome = plugin.connect({.username = "c"}).outcome();
  EXPECT_EQ(outcome.status, Status::unavailable);
  EXPECT_EQ(decided("overloaded"), 1);
  EXPECT_EQ(waiting(), 2);
}

TEST_F(AuthenticatorTest, RequestsOfOneQuestionAreBounded) {
  script("local why repeat local answer answer, why = http.get('https://id.example.com/') until why return deny(why)");
  auto plugin = load();
  const auto client = plugin.connect({});
  auto server = host_.answer_dial();
  for (int i = 0; i < 8; ++i) server.send(http(200, ""));
  EXPECT_EQ(client.outcome().reason, "more than 8 requests for one client");
}

TEST_F(AuthenticatorTest, ErrorsDenyUnlessToldOtherwise) {
  script("if credentials.username == 'late' then http.get('https://id.example.com/') end error('broken')");
  {
    auto plugin = load();
    const auto outcome = plugin.connect({.client_id = "c1"}).outcome();
    EXPECT_EQ(outcome.verdict, AuthVerdict::deny);
    EXPECT_EQ(outcome.status, Status::unavailable);
    EXPECT_EQ(outcome.reason, "the script that judges clients failed") << "what went wrong is for the log";
    EXPECT_TRUE(host_.logged("rule.lua:1: broken"));
    EXPECT_TRUE(host_.logged("c1"));
    EXPECT_EQ(plugin.connect({.flags = TRELLIS_CREDENTIALS_REAUTHENTICATES}).outcome().status, Status::not_authorized);
    const auto late = plugin.connect({.username = "late"});
    host_.answer_dial().send(http(200, ""));
    EXPECT_EQ(late.verdict(), AuthVerdict::deny);
  }
  auto lenient = load(R"("on_error": "defer")");
  EXPECT_EQ(lenient.connect({}).verdict(), AuthVerdict::defer);
}

TEST_F(AuthenticatorTest, AQuestionIsAnsweredByTheVersionItAsked) {
  script("local answer = http.get('https://id.example.com/') return allow('old')");
  auto plugin = host_.load<AuthenticatorLua>(watched(R"("hosts": ["id.example.com"])"));
  const auto client = plugin.connect({});
  auto server = host_.answer_dial();
  script("return allow('new')");
  ASSERT_TRUE(host_.wait([&] { return host_.logged("the script was replaced"); }));
  EXPECT_EQ(plugin.connect({}).outcome().name, "new");
  server.send(http(200, ""));
  EXPECT_EQ(client.outcome().name, "old");
}

TEST_F(AuthenticatorTest, PasswordsAreNotInTheLog) {
  script("error('x')");
  auto plugin = load();
  plugin.connect({.username = "ada", .password = "pa55word"});
  EXPECT_FALSE(host_.logged("pa55word"));
}

TEST_F(AuthenticatorTest, IsRefusedWithTheReason) {
  write("rule.lua", "function on_connect() end");
  EXPECT_THAT(host_.refusal<AuthenticatorLua>(settings()),
              HasSubstr("there is no function on_authenticate(credentials)"));
  script("return nil");
  EXPECT_THAT(host_.refusal<AuthenticatorLua>(settings(R"("hosts": ["https://x"])")), HasSubstr("no name of a host"));
}

TEST_F(AuthenticatorTest, AttacksOnTheCallAreEnded) {
  for (const char* body : {"while true do end", "while true do http.get('https://nowhere.example.com/') end",
                           "while true do pcall(http.get, 'https://nowhere.example.com/') end",
                           "local t = {} while true do t[#t + 1] = credentials.password end", "coroutine.yield()",
                           "return allow(('x'):rep(1 << 20))"}) {
    script(body);
    auto plugin = load();
    EXPECT_EQ(plugin.connect({.password = std::string(1000, 'x')}).verdict(), AuthVerdict::deny) << body;
  }
}

}  // namespace
}  // namespace lua::testing
