// Counts allocations: once requests of a size were read there must be none for the next.

#include "common/allocation_count/allocation_count.hpp"
#include "common/events/answers.hpp"
#include "common/events/lock_token.hpp"
#include "common/events/parts.hpp"
#include "common/events/settle_request.hpp"
#include "reading.hpp"

namespace events {
namespace {

TEST(NoAllocation, TakingRequestsOfEveryMode) {
  const std::string event =
      event_with(R"("ext":"\u00e4\n_","data":{"list":[1,2,{"k":"a text longer than small strings are"}]})");
  const std::string without_controls =
      event_with(R"("ext":"\u00e4 longer than any small string would be","data":[1,2,{"k":"x\u00e4"}])");
  std::string batch = "[" + without_controls;
  for (int i = 1; i < 100; ++i) batch += "," + without_controls;
  batch += "]";
  const Headers traced{{"content-type", "application/cloudevents+json"},
                       {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  const Headers binary{{"content-type", "application/json"},
                       {"ce-id", "%C3%A4"},
                       {"CE-Source", "/s"},
                       {"ce-type", "t"},
                       {"ce-specversion", "1.0"}};
  const std::string bytes(2000, '\xFF');
  Intake intake;
  Parts parts;
  std::size_t taken = 0;
  std::size_t before = 0;
  for (int round = 0; round < 50; ++round) {
    if (round == 2) before = common::allocations();
    for (const auto& [headers, body] : {std::pair<trellis::Pairs, std::string_view>{kMany, batch},
                                        {kOne, without_controls},
                                        {traced, without_controls},
                                        {binary, R"({"a":1})"},
                                        {binary, bytes}}) {
      taken += intake.read(headers, body) == nullptr ? intake.events().size() : 0;
      for (const Event& each : intake.events()) parts.take(each);
    }
  }
  EXPECT_EQ(common::allocations(), before);
  EXPECT_EQ(taken, 50U * 104U);
  EXPECT_NE(refusal(kOne, event), "") << "controls";
}

TEST(NoAllocation, TokensSettleRequestsAndAnswers) {
  LockTokens tokens = std::move(LockTokens::make("a key of sixteen bytes or more")).value();
  const std::string body = R"({"lockTokens":["a text longer than small strings are","b\u0041"]})";
  SettleRequest request;
  std::string out;
  std::size_t before = 0;
  for (int round = 0; round < 50; ++round) {
    if (round == 2) before = common::allocations();
    LockTokens::Text text;
    Lease lease;
    const std::string_view token = tokens.write({1, 2, 3, 4}, text);
    ASSERT_EQ(tokens.read(token, 1, lease), TokenFault::none);
    ASSERT_FALSE(request.read(body));
    const Delivery deliveries[] = {{token, 1, "{}"}};
    const Settled settled[] = {{request.tokens()[0].text}, {request.tokens()[1].text, TokenError::token_lost}};
    out.clear();
    append_received(out, deliveries);
    append_settled(out, settled, ApiVersion());
  }
  EXPECT_EQ(common::allocations(), before);
}

}  // namespace
}  // namespace events
