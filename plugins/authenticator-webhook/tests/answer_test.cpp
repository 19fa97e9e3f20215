// Every kind of answer, and what it comes to.
#include "answer.hpp"

#include <gtest/gtest.h>

namespace webhook {
namespace {

std::string allow(const std::string& more) {
  return R"({"decision": "allow", "clientAuthenticationName": "a")" + more + "}";
}
std::string shown(const rights::Attributes& attributes) {
  std::string text;
  for (const rights::Attribute& one : attributes) text += one.name + "=" + rights::to_json(one.value) + ";";
  return text;
}

TEST(Answer, AllowsUnderItsName) {
  const Decision decision = read_answer(200, R"({"decision": "allow", "clientAuthenticationName": "device-17",
    "attributes": {"floor": 3, "kind": "sensor", "areas": ["a", "b"]}, "expiration": 1790000000})");
  EXPECT_EQ(decision.verdict, Verdict::allow);
  EXPECT_EQ(decision.name, "device-17");
  EXPECT_EQ(shown(decision.attributes), R"(floor=3;kind="sensor";areas=["a","b"];)");
  EXPECT_EQ(decision.expires, std::chrono::seconds(1790000000));
}

TEST(Answer, OnlyTheNameIsNeeded) {
  const Decision decision =
      read_answer(200, allow(R"(, "attributes": null, "expiration": null, "other": {}, "errorReason": 1)"));
  EXPECT_EQ(decision.verdict, Verdict::allow);
  EXPECT_TRUE(decision.attributes.empty());
  EXPECT_EQ(decision.expires.count(), 0);
}

TEST(Answer, AttributesOfOtherTypesAndNamesAreIgnored) {
  const Decision decision = read_answer(200, allow(R"(, "attributes": {
    "yes": true, "no": null, "float": 1.5, "object": {}, "mixed": ["a", 1], "large": 2147483648, "small": -2147483649,
    "most": 2147483647, "least": -2147483648, "none": [], "trellis:principals": ["admin"], "a b": 1, "": 1})"));
  EXPECT_EQ(decision.verdict, Verdict::allow);
  EXPECT_EQ(shown(decision.attributes), "most=2147483647;least=-2147483648;none=[];");
}

TEST(Answer, ExpirationsThatNeverComeAreNone) {
  EXPECT_EQ(read_answer(200, allow(R"(, "expiration": 253402300799)")).expires, std::chrono::seconds(253402300799));
  EXPECT_EQ(read_answer(200, allow(R"(, "expiration": 9223372036854775807)")).expires.count(), 0);
}

TEST(Answer, DeniesWithAnyStatusThatRefuses) {
  for (const std::uint32_t status : {200u, 400u, 401u, 403u, 404u, 429u, 499u}) {
    const Decision decision = read_answer(status, R"({"decision": "deny", "errorReason": "no"})");
    EXPECT_EQ(decision.verdict, Verdict::deny) << status;
    EXPECT_EQ(decision.reason, "no");
  }
  EXPECT_EQ(read_answer(200, R"({"decision": "deny"})").verdict, Verdict::deny);
  EXPECT_EQ(read_answer(200, R"({"decision": "deny", "errorReason": 7})").verdict, Verdict::deny);
  const std::string long_reason = R"({"decision": "deny", "errorReason": ")" + std::string(5000, 'x') + "\"}";
  EXPECT_EQ(read_answer(200, long_reason).reason.size(), 512u);
}

TEST(Answer, OtherStatusIsNoAnswerWhateverTheBody) {
  for (const std::uint32_t status : {201u, 202u, 204u, 301u, 302u, 307u, 500u, 502u, 503u, 599u}) {
    for (const std::string& body : {std::string(R"({"decision": "deny"})"), allow(""), std::string()}) {
      EXPECT_EQ(read_answer(status, body).verdict, Verdict::unavailable) << status;
    }
  }
  for (const std::uint32_t status : {400u, 401u, 403u}) {
    for (const std::string& body : {std::string(), allow(""), std::string("<html>")}) {
      EXPECT_EQ(read_answer(status, body).verdict, Verdict::unavailable) << status;
    }
  }
}

TEST(Answer, WhatIsNotUnderstoodIsNoAnswer) {
  const std::string bad_name =
      "an answer that allows: \"clientAuthenticationName\" is empty, longer than 512 bytes or no text";
  const std::string bad_time = "an answer that allows: \"expiration\" is no Unix time in whole seconds";
  const std::string reasons[][2] = {
      {"", "there is no body"},
      {"{", "the body is not JSON"},
      {R"({"decision": "deny", "decision": "allow"})", "the body is not JSON"},
      {"[]", "the body is no JSON object"},
      {"{}", "\"decision\" is missing"},
      {R"({"decision": null})", "\"decision\" is missing"},
      {R"({"decision": "Allow"})", "\"decision\" is neither \"allow\" nor \"deny\""},
      {R"({"decision": true})", "\"decision\" is neither \"allow\" nor \"deny\""},
      {R"({"decision": "allow"})", "an answer that allows: \"clientAuthenticationName\" is missing"},
      {R"({"decision": "allow", "clientAuthenticationName": 5})",
       "an answer that allows: \"clientAuthenticationName\" is a whole number, expected text"},
      {R"({"decision": "allow", "clientAuthenticationName": ""})", bad_name},
      {R"({"decision": "allow", "clientAuthenticationName": "a\u0000b"})", bad_name},
      {"{\"decision\": \"allow\", \"clientAuthenticationName\": \"\xff\"}", bad_name},
      {R"({"decision": "allow", "clientAuthenticationName": ")" + std::string(513, 'x') + "\"}", bad_name},
      {allow(R"(, "expiration": "soon")"), bad_time},
      {allow(R"(, "expiration": 0)"), bad_time},
      {allow(R"(, "expiration": 1.5)"), bad_time},
      {allow(R"(, "attributes": [])"), "an answer that allows: \"attributes\" is a list, expected an object"},
  };
  for (const auto& [body, reason] : reasons) {
    const Decision decision = read_answer(200, body);
    EXPECT_EQ(decision.verdict, Verdict::unavailable) << body;
    EXPECT_EQ(decision.reason, reason) << body;
  }
}

}  // namespace
}  // namespace webhook
