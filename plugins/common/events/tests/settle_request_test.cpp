#include "common/events/settle_request.hpp"

#include <gtest/gtest.h>

#include <string>

namespace events {
namespace {

// "T1,T2*", where * stands behind what is repeated; or the problem.
std::string asked(std::string_view body, SettleRules rules = {}) {
  SettleRequest request(rules);
  if (const auto problem = request.read(body)) {
    EXPECT_TRUE(request.tokens().empty());
    EXPECT_EQ(problem->status, 400U);
    return problem->message;
  }
  std::string out;
  for (const AskedToken& token : request.tokens()) out.append(token.text).append(token.repeated ? "*," : ",");
  return out;
}

TEST(SettleRequest, TokensAreAnyTextsInOrder) {
  EXPECT_EQ(asked(R"({"lockTokens": ["T2", "T1"]})"), "T2,T1,");
  EXPECT_EQ(asked(R"( {"other": [{"a": 1}], "lockTokens":["a+\/=", "\u0041", ""] , "x":null} )"), "a+/=,A,,");
  EXPECT_EQ(asked(R"({"lockTokens":[]})"), "");
}

TEST(SettleRequest, RepeatedOnesAreMarkedBehindTheFirst) {
  EXPECT_EQ(asked(R"({"lockTokens":["b","a","b","c","\u0062","a"]})"), "b,a,b*,c,b*,a*,");
}

TEST(SettleRequest, WhatIsRefused) {
  const auto wrong = [](const std::string& found) {
    return "member 'lockTokens': found " + found + ", expected an array of texts";
  };
  EXPECT_EQ(asked("{}"), wrong("none"));
  EXPECT_EQ(asked(R"({"locktokens":["a"]})"), wrong("none"));
  EXPECT_EQ(asked(R"({"lockTokens":"a"})"), wrong("a text"));
  EXPECT_EQ(asked(R"({"lockTokens":null})"), wrong("\"null\""));
  EXPECT_EQ(asked(R"({"lockTokens":{"a":["b"]}})"), wrong("an object"));
  EXPECT_EQ(asked(R"({"lockTokens":["a", 5]})"), wrong("\"5\" at place 1"));
  EXPECT_EQ(asked(R"({"lockTokens":[["a"]]})"), wrong("no text at place 0"));
  EXPECT_EQ(asked(R"({"lockTokens":[null]})"), wrong("\"null\" at place 0"));
  EXPECT_EQ(asked(R"({"lockTokens":[],"lockTokens":[]})"), wrong("it twice"));
  for (const char* body : {"", "[]", "5", "\"lockTokens\"", "{\"lockTokens\":[\"a\"", "{\"lockTokens\":[\"a\",]}",
                           "{\"lockTokens\":[tru]}", "{\"lockTokens\":[]}x", "{\"lockTokens\":[]}{}",
                           "{\"lockTokens\":[\"\\ud800\"]}", "{\"lockTokens\" []}", "{\"lockTokens\":[\"a\":1]}",
                           "{\"lockTokens\":[\"a\":[\"b\"]]}", "{\"a\":tru,\"lockTokens\":[]}", "\xFF"}) {
    EXPECT_TRUE(asked(body).starts_with("the body is not a JSON object with the member 'lockTokens'"))
        << body << ": " << asked(body);
  }
}

TEST(SettleRequest, HasLimits) {
  std::string body = R"({"lockTokens":["0")";
  for (int i = 1; i < 1000; ++i) body += ",\"" + std::to_string(i) + '"';
  EXPECT_TRUE(asked(body + "]}").ends_with(",999,"));
  EXPECT_EQ(asked(body + ",\"x\"]}"), "member 'lockTokens': found more than 1000 tokens");
  EXPECT_EQ(asked(R"({"lockTokens":["a","b"]})", {.tokens = 1}), "member 'lockTokens': found more than 1 tokens");
  EXPECT_EQ(asked(R"({"lockTokens":[]})", {.body_bytes = 10}), "the body: found 17 bytes, expected at most 10");
}

}  // namespace
}  // namespace events
