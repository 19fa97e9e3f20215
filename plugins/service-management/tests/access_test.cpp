// Who may do what, and what a request has to look like before anybody looks at it.
#include "fixture.hpp"

namespace management {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ManagementAccess : public ManagementTest {};

TEST_F(ManagementAccess, EveryRequestNeedsAToken) {
  const auto none = ask("GET", "/types", "", {}, "");
  EXPECT_EQ(none.status, 401u);
  EXPECT_EQ(none.header("www-authenticate"), R"(Bearer realm="trellis")");
  EXPECT_EQ(none.header("cache-control"), "no-store");
  EXPECT_EQ(code(none), "AuthenticationFailed");
  for (const std::string_view wrong : {"Bearer write-token-012345678", "Bearer write-token-01234567890", "Bearer ",
                                       "write-token-0123456789", "Basic write-token-0123456789"}) {
    const auto answer = ask("GET", "/nothing", "", {}, wrong);
    EXPECT_EQ(answer.status, 401u) << wrong;
    EXPECT_THAT(answer.header("www-authenticate"), HasSubstr("invalid_token"));
  }
  EXPECT_EQ(ask("GET", "/types", "", {}, "bearer  write-token-0123456789").status, 200u);
  EXPECT_EQ(host_.metric("trellis_management_requests_total", "outcome=\"unauthorized\""), 6);
}

TEST_F(ManagementAccess, ATokenThatMayReadChangesNothing) {
  EXPECT_EQ(ask("GET", "/namespaces/default/halls", "", {}, kReader).status, 200u);
  const auto put = ask("PUT", "/namespaces/default/halls/north", R"({"properties": {}})", {}, kReader);
  EXPECT_EQ(put.status, 403u);
  EXPECT_EQ(code(put), "AuthorizationFailed");
  EXPECT_THAT(message(put), HasSubstr("\"look\" may only read"));
  EXPECT_EQ(ask("DELETE", "/namespaces/default/halls/north", "", {}, kReader).status, 403u);
  EXPECT_EQ(ask("PATCH", "/namespaces/default", R"({"properties": {}})", {}, kReader).status, 403u);
  EXPECT_EQ(ask("POST", "/namespaces/default/apply", "[]", {}, kReader).status, 403u);
  EXPECT_EQ(ask("POST", "/namespaces/default/apply?dryRun=true", "[]", {}, kReader).status, 200u);
  EXPECT_EQ(get("/namespaces/default/halls/north").status, 404u);
}

TEST_F(ManagementAccess, TokensAreInNoLogAndNoAnswer) {
  EXPECT_EQ(ask("PUT", "/namespaces/default/machines/mill", R"({"properties": {"pin": "0000-secret"}})").status, 201u);
  ask("GET", "/types", "", {}, "Bearer wrong-token-wrong-token");
  for (const auto& line : host_.logs()) {
    std::string all = line.text;
    for (const auto& [name, value] : line.fields) all += ' ' + name + '=' + value;
    EXPECT_THAT(all, Not(HasSubstr("-token-"))) << all;
    EXPECT_THAT(all, Not(HasSubstr("0000-secret"))) << all;
  }
  EXPECT_TRUE(host_.logged("carries no token that is known"));
}

TEST_F(ManagementAccess, ChangesAreWrittenDown) {
  ask("PUT", "/namespaces/default/halls/north", R"({"properties": {}})");
  ask("DELETE", "/namespaces/default/halls/north");
  ask("PUT", "/namespaces/default/halls/north", R"({"properties": {"x": 1}})");
  std::vector<std::string> lines;
  for (const auto& line : host_.logs()) {
    if (line.text == "resource changed" || line.text == "change refused")
      lines.push_back(line.field("token") + ' ' + line.field("outcome") + line.field("reason") + ' ' +
                      line.field("resource") + ' ' + line.field("namespace") + ' ' + line.field("peer"));
  }
  EXPECT_THAT(lines, ::testing::ElementsAre("ops created halls/north default 127.0.0.1:40000",
                                            "ops removed halls/north default 127.0.0.1:40000",
                                            "ops InvalidRequest halls/north default 127.0.0.1:40000"));
}

TEST_F(ManagementAccess, PathsThatAreNoneAreExplained) {
  EXPECT_THAT(message(get("/")), HasSubstr("try /namespaces"));
  EXPECT_EQ(code(get("/namespaces/moon/halls")), "NamespaceNotFound");
  const auto type = get("/namespaces/default/mills");
  EXPECT_EQ(type.status, 404u);
  EXPECT_EQ(code(type), "ResourceTypeNotFound");
  EXPECT_THAT(message(type), HasSubstr("there are: halls, machines, namespaces"));
  EXPECT_THAT(message(get("/namespaces/default/namespaces/default")), HasSubstr("is at /namespaces/default"));
}

TEST_F(ManagementAccess, MethodsThatAPathDoesNotHaveAreRefusedWithThoseItHas) {
  const std::pair<std::string, std::string> paths[] = {{"/types", "GET, HEAD"},
                                                       {"/namespaces", "GET, HEAD"},
                                                       {"/namespaces/default", "GET, HEAD, PUT, PATCH"},
                                                       {"/namespaces/default/halls", "GET, HEAD"},
                                                       {"/namespaces/default/halls/a", "GET, HEAD, PUT, PATCH, DELETE"},
                                                       {"/namespaces/default/apply", "POST"}};
  for (const auto& [path, methods] : paths) {
    const auto answer = ask("TRACE", path);
    EXPECT_EQ(answer.status, 405u) << path;
    EXPECT_EQ(answer.header("allow"), methods) << path;
  }
  EXPECT_EQ(ask("DELETE", "/namespaces/default").status, 405u);
  EXPECT_EQ(ask("HEAD", "/namespaces/default").status, 200u);
}

TEST_F(ManagementAccess, BodiesHaveToBeJson) {
  const std::string path = "/namespaces/default/halls/north";
  const auto form = ask("PUT", path, "x=1", {{"content-type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(form.status, 415u);
  EXPECT_THAT(message(form), HasSubstr("expected application/json"));
  EXPECT_EQ(ask("PATCH", path, "{}", {{"content-type", "text/plain"}}).status, 415u);
  EXPECT_EQ(ask("PUT", path, R"({"properties": {}})", {{"content-type", "Application/JSON; charset=utf-8"}}).status,
            201u);
  EXPECT_EQ(ask("PATCH", path, R"({"properties": {}})", {{"content-type", "application/merge-patch+json"}}).status,
            200u);
}

class ManagementBounds : public ManagementTest {
 protected:
  ManagementBounds() : ManagementTest(R"(, "body_bytes": "1KiB", "batch_operations": 2)") {}
};

TEST_F(ManagementBounds, HoldForBodiesAndBatches) {
  const std::string path = "/namespaces/default/halls/north";
  EXPECT_EQ(ask("PUT", path, std::string(1025, ' ')).status, 413u);
  const std::string line = R"({"type": "halls", "name": "a", "properties": {}})";
  const auto many = ask("POST", "/namespaces/default/apply", line + "\n" + line + "\n" + line);
  EXPECT_EQ(many.status, 413u);
  EXPECT_EQ(code(many), "TooManyOperations");
  EXPECT_EQ(ask("POST", "/namespaces/default/apply", "[" + line + "," + line + "," + line + "]").status, 413u);
}

TEST_F(ManagementBounds, HoldForNesting) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += R"({"a":)";
  const auto answer = ask("PUT", "/namespaces/default/halls/north", R"({"properties": )" + deep);
  EXPECT_EQ(answer.status, 400u);
  EXPECT_THAT(message(answer), HasSubstr("nested more than 32 deep"));
}

TEST_F(ManagementAccess, ObjectsOfTooManyMembersAreNotRead) {
  std::string many = R"({"properties": {"a": 1)";
  for (int i = 0; i < 2000; ++i) many += ",\"k" + std::to_string(i) + "\":1";
  EXPECT_THAT(message(ask("PUT", "/namespaces/default/halls/north", many + "}}")), HasSubstr("more than 1024 members"));
}

TEST_F(ManagementAccess, ListsOfTooManyElementsAreNotRead) {
  std::string many = "0";
  for (int i = 0; i < 20'000; ++i) many += ",0";
  const std::string path = "/namespaces/default/halls/north";
  EXPECT_THAT(message(ask("PUT", path, R"({"properties": {"description": [)" + many + "]}}")),
              HasSubstr("a list in the body has more than 16384 elements"));
  std::string lists = "[" + many.substr(0, 30'000) + "0]";
  for (int i = 0; i < 5; ++i) lists += "," + lists;
  EXPECT_THAT(message(ask("PUT", path, R"({"properties": {"description": [)" + lists + "]}}")),
              HasSubstr("more than 250000 values"));
  const auto batch = ask("POST", "/namespaces/default/apply", "[" + many + "]");
  EXPECT_EQ(code(batch), "TooManyOperations");
}

class ManagementBusy : public ManagementTest {
 protected:
  ManagementBusy() : ManagementTest(R"(, "pending_changes": 1)") {}
};

TEST_F(ManagementBusy, ChangesBeyondThoseUnderWayAreTurnedAway) {
  std::vector<ResponseSample> meanwhile;
  plant_.as<Plant>().on_check = [&] {
    meanwhile.push_back(send("PUT", "/namespaces/default/halls/b", R"({"properties": {}})").get());
    meanwhile.push_back(send("GET", "/namespaces/default/halls").get());
  };
  EXPECT_EQ(ask("PUT", "/namespaces/default/halls/a", R"({"properties": {}})").status, 201u);
  ASSERT_EQ(meanwhile.size(), 2u);
  EXPECT_EQ(meanwhile[0].status, 503u);
  EXPECT_EQ(meanwhile[0].header("retry-after"), "1");
  EXPECT_EQ(meanwhile[1].status, 200u);
  EXPECT_EQ(ask("PUT", "/namespaces/default/halls/b", R"({"properties": {}})").status, 201u);
}

TEST_F(ManagementBusy, WhoMayOnlyReadTakesNoPlaceOfThoseWhoWrite) {
  const std::string hall = R"([{"type": "halls", "name": "a", "properties": {}}])";
  const auto tried = [&] { return send("POST", "/namespaces/default/apply?dryRun=true", hall, {}, kReader); };
  std::vector<trellis::testing::ResponseWatch> all;
  plant_.as<Plant>().on_check = [&] {
    all.push_back(tried());
    all.push_back(send("PUT", "/namespaces/default/halls/b", R"({"properties": {}})"));
  };
  all.push_back(tried());
  for (int turns = 0; turns < 20; ++turns) host_.turn();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].status(), 503u) << "the reader's second, while the first is under way";
  EXPECT_EQ(all[1].status(), 201u);
  EXPECT_EQ(all[2].status(), 200u) << "the first, which is kept last";
}

std::string refusal(std::string_view settings) {
  trellis::testing::TestHost host;
  return host.refusal<Management>(settings);
}

TEST(ManagementSettings, WithoutTokensNobodyCouldUseIt) {
  EXPECT_THAT(refusal("{}"), HasSubstr("\"tokens\": [{\"name\": \"ops\", \"token\": \"${file:management.token}\""));
}

TEST(ManagementSettings, TokensHaveToBeGood) {
  EXPECT_THAT(refusal(R"({"tokens": [{"name": "a", "token": "short"}]})"),
              HasSubstr("/tokens/0/token: it has 5 bytes, at least 16 are needed; try: openssl rand -hex 32"));
  EXPECT_THAT(refusal(R"({"tokens": [{"name": "a", "token": "0123456789 0123456789"}]})"), HasSubstr("no blanks"));
  EXPECT_THAT(refusal(R"({"tokens": [{"name": "a", "token": "0123456789abcdef"},
                                     {"name": "a", "token": "1123456789abcdef"}]})"),
              HasSubstr("/tokens/1/name: \"a\" is there twice"));
  EXPECT_THAT(refusal(R"({"tokens": [{"name": "a", "token": "0123456789abcdef"},
                                     {"name": "b", "token": "0123456789abcdef"}]})"),
              HasSubstr("/tokens/1/token: \"a\" has the same one"));
}

}  // namespace
}  // namespace management
