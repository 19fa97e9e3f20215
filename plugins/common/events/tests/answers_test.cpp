#include "common/events/answers.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace events {
namespace {

std::string settled(const std::vector<Settled>& tokens, std::string_view version) {
  std::string out;
  append_settled(out, tokens, *ApiVersion::parse(version));
  return out;
}

TEST(Answers, ReceivedEventsAreSplicedAsTheyAre) {
  std::string out;
  append_received(out, {});
  EXPECT_EQ(out, R"({"value":[]})");
  out.clear();
  const std::vector<Delivery> deliveries{{"T1", 1, "{ \"id\" : \"\\u0061\" }"}, {"a\"b", 4294967295, "{}"}};
  append_received(out, deliveries);
  EXPECT_EQ(out,
            "{\"value\":[{\"brokerProperties\":{\"lockToken\":\"T1\",\"deliveryCount\":1},\"event\":{ \"id\" : "
            "\"\\u0061\" }},"
            "{\"brokerProperties\":{\"lockToken\":\"a\\\"b\",\"deliveryCount\":4294967295},\"event\":{}}]}");
}

TEST(Answers, SettledTokensAreThereInBothListsAndInOrder) {
  EXPECT_EQ(settled({}, "2024-06-01"), R"({"succeededLockTokens":[],"failedLockTokens":[]})");
  EXPECT_EQ(settled({{"T1"}, {"T2", TokenError::token_lost}, {"T3"}, {"x", TokenError::bad_token, "No \"token\"."}},
                    "2024-06-01"),
            R"({"succeededLockTokens":["T1","T3"],"failedLockTokens":[)"
            R"({"lockToken":"T2","error":{"code":"TokenLost","message":"Token has expired."}},)"
            R"({"lockToken":"x","error":{"code":"BadToken","message":"No \"token\"."}}]})");
}

TEST(Answers, FailedTokensHaveTheFormOfTheVersion) {
  EXPECT_EQ(
      settled({{"T", TokenError::token_lost}}, "2023-06-01-preview"),
      R"({"succeededLockTokens":[],"failedLockTokens":[{"lockToken":"T","errorCode":"TokenLost","errorDescription":"Token has expired."}]})");
  EXPECT_EQ(settled({{"T", TokenError::internal}}, "2023-11-01"),
            R"({"succeededLockTokens":[],"failedLockTokens":[{"lockToken":"T",)"
            R"("error":{"code":"InternalServerError","message":"The service failed to settle the event."},)"
            R"("errorCode":"InternalServerError","errorDescription":"The service failed to settle the event."}]})");
  EXPECT_EQ(settled({{"\xFF\n", TokenError::bad_token}}, "2023-10-01-preview"),
            "{\"succeededLockTokens\":[],\"failedLockTokens\":[{\"lockToken\":\"\xEF\xBF\xBD\\n\","
            "\"error\":{\"code\":\"BadToken\",\"message\":\"The token is not one that this service gave.\"}}]}");
}

TEST(Answers, ErrorsHaveTheirRequiredMembers) {
  std::string out;
  append_error(out, problem(410, "topic \"x\" is not there"));
  EXPECT_EQ(out, R"({"error":{"code":"Gone","message":"topic \"x\" is not there","details":[]}})");
  out = "before ";
  append_error(out, problem(400, "m", "maxEvents"));
  EXPECT_EQ(out, R"(before {"error":{"code":"BadRequest","message":"m","target":"maxEvents","details":[]}})");
  EXPECT_EQ(kPublished, "{}");
  EXPECT_EQ(code_of(429), "TooManyRequests");
  EXPECT_EQ(code_of(599), "InternalServerError");
}

TEST(Problem, ShowsWhatWasFoundAsText) {
  EXPECT_EQ(in_quotes("a\n\x7F\xFF\xC3\xA4"), "\"a???\xC3\xA4\"");
  EXPECT_EQ(in_quotes(std::string(64, 'x')), '"' + std::string(64, 'x') + '"');
  EXPECT_EQ(in_quotes(std::string(65, 'x')), '"' + std::string(64, 'x') + "...\"");
  EXPECT_EQ(in_quotes(std::string(63, 'x') + "\xC3\xA4y"), '"' + std::string(63, 'x') + "\xC3\xA4...\"");
}

}  // namespace
}  // namespace events
