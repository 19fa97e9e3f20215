// Authenticators whose answer comes later, or never.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <string>

#include "identity/authentication_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::answer;
using testing::answers;
using testing::AuthenticationBench;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LateAuthentication, AllowsWhenTheAnswerComes) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_PENDING)});
  bench.ask();
  EXPECT_THAT(bench.verdicts(), IsEmpty());
  EXPECT_TRUE(bench.net.call([&] { return bench.net.connection().waiting(); }));
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_ALLOW, "ada"));
  EXPECT_THAT(bench.verdicts(), ElementsAre(std::uint32_t{TRELLIS_AUTH_ALLOW}));
  EXPECT_EQ(bench.identity(), "ada@auth-1");
  EXPECT_FALSE(bench.net.call([&] { return bench.net.connection().waiting(); }));
  EXPECT_EQ(bench.read(bench.metrics.pending), 1);
}

TEST(LateAuthentication, CountsAndIgnoresTheSecondAnswer) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_PENDING)});
  bench.ask();
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_DENY, "", TRELLIS_BAD_CREDENTIALS));
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_ALLOW));
  bench.complete(987654321, answer(TRELLIS_AUTH_ALLOW));
  EXPECT_THAT(bench.verdicts(), ElementsAre(std::uint32_t{TRELLIS_AUTH_DENY}));
  EXPECT_EQ(bench.identity(), "nobody");
  EXPECT_EQ(bench.read(bench.metrics.late), 2);
}

TEST(LateAuthentication, ADeferralAsksTheNextWithTheSameCredentials) {
  std::string seen;
  AuthenticationBench bench(
      {answers(TRELLIS_AUTH_PENDING), [&](const trellis_credentials& credentials, trellis_auth_answer& given) {
         seen = std::string(text_of(credentials.username));
         given.verdict = TRELLIS_AUTH_ALLOW;
       }});
  {
    std::string username = "ada";
    bench.ask(0, username);
    username = "???";
  }
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_DEFER));
  EXPECT_EQ(seen, "ada");
  EXPECT_EQ(bench.identity(), "@auth-2");
}

TEST(LateAuthentication, ADeferralByTheLastDenies) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_PENDING)});
  bench.ask();
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_DEFER));
  EXPECT_THAT(bench.statuses(), ElementsAre(TRELLIS_NOT_AUTHORIZED));
}

TEST(LateAuthentication, SilenceUntilTheDeadlineDenies) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_PENDING), answers(TRELLIS_AUTH_ALLOW)}, 1);
  bench.ask();
  EXPECT_TRUE(bench.net.until([&] { return !bench.net.protocol().verdicts.empty(); }));
  EXPECT_THAT(bench.statuses(), ElementsAre(TRELLIS_UNAVAILABLE));
  EXPECT_EQ(bench[0].abandoned, bench[0].asked) << "it need not go on looking";
  EXPECT_THAT(bench[1].asked, IsEmpty());
  EXPECT_EQ(bench.read(bench.metrics.timeouts), 1);
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_ALLOW));
  EXPECT_EQ(bench.identity(), "nobody") << "too late";
  EXPECT_EQ(bench.read(bench.metrics.late), 1);
}

TEST(LateAuthentication, AnAnswerInTimeStopsTheDeadline) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_PENDING)}, 30);
  bench.net.call([&] {
    bench.ask_here();
    bench.authentication->complete(bench[0].asked[0], answer(TRELLIS_AUTH_ALLOW));
  });
  const std::uint64_t now = bench.net.call([&] { return bench.net.shards[0]->now_ms(); });
  EXPECT_TRUE(bench.net.until([&] { return bench.net.shards[0]->now_ms() > now + 80; }));
  EXPECT_THAT(bench.verdicts(), ElementsAre(std::uint32_t{TRELLIS_AUTH_ALLOW}));
  EXPECT_EQ(bench.read(bench.metrics.timeouts), 0);
}

TEST(LateAuthentication, AClientThatLeavesIsForgotten) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_PENDING)});
  bench.ask();
  bench.net.call([&] { bench.authentication->abandon(bench.net.connection()); });
  EXPECT_EQ(bench[0].abandoned, bench[0].asked);
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_ALLOW));
  EXPECT_THAT(bench.verdicts(), IsEmpty());
  EXPECT_EQ(bench.read(bench.metrics.late), 1);
}

TEST(LateAuthentication, BytesWaitForTheAnswer) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_PENDING)});
  bench.ask();
  bench.peer.send("early");
  bench.net.shards.settle();
  EXPECT_EQ(bench.net.input(), "");
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_ALLOW));
  EXPECT_TRUE(bench.net.receives(5));
}

TEST(LateAuthentication, AChallengeMayComeLateToo) {
  AuthenticationBench bench({[](const trellis_credentials& credentials, trellis_auth_answer& given) {
    const bool continues = (credentials.flags & TRELLIS_CREDENTIALS_CONTINUES) != 0;
    given.verdict = continues ? TRELLIS_AUTH_ALLOW : TRELLIS_AUTH_PENDING;
  }});
  bench.ask();
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_CHALLENGE));
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_ALLOW));
  EXPECT_THAT(bench.verdicts(), ElementsAre(std::uint32_t{TRELLIS_AUTH_CHALLENGE})) << "it is the client's turn";
  bench.ask(TRELLIS_CREDENTIALS_CONTINUES);
  EXPECT_EQ(bench.identity(), "@auth-1");
}

TEST(LateAuthentication, ADeferralLetsNothingInBeforeTheNextHasAnswered) {
  bool waited = false;
  AuthenticationBench* at = nullptr;
  AuthenticationBench bench(
      {answers(TRELLIS_AUTH_PENDING), [&](const trellis_credentials&, trellis_auth_answer& given) {
         waited = at->net.connection().waiting() && at->net.protocol().input.empty();
         given.verdict = TRELLIS_AUTH_ALLOW;
       }});
  at = &bench;
  bench.ask();
  bench.peer.send("early");
  bench.net.shards.settle();
  bench.complete(bench[0].asked[0], answer(TRELLIS_AUTH_DEFER));
  EXPECT_TRUE(waited);
  EXPECT_TRUE(bench.net.receives(5));
}

}  // namespace
}  // namespace trellis::kernel
