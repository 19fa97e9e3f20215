// Authenticators asked in order, answering at once.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <string>

#include "identity/authentication_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::answers;
using testing::AuthenticationBench;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Authentication, AllowsWhomAnAuthenticatorKnows) {
  AuthenticationBench bench({[](const trellis_credentials& credentials, trellis_auth_answer& answer) {
    answer.verdict = TRELLIS_AUTH_ALLOW;
    answer.name = credentials.username;
  }});
  bench.ask(0, "ada");
  EXPECT_THAT(bench.verdicts(), ElementsAre(std::uint32_t{TRELLIS_AUTH_ALLOW}));
  EXPECT_EQ(bench.identity(), "ada@auth-1");
  EXPECT_EQ(bench.read(bench.metrics.allowed), 1);
}

TEST(Authentication, DeniesFinally) {
  AuthenticationBench bench({[](const trellis_credentials&, trellis_auth_answer& answer) {
                               answer.verdict = TRELLIS_AUTH_DENY;
                               answer.status = TRELLIS_BAD_CREDENTIALS;
                             },
                             answers(TRELLIS_AUTH_ALLOW)});
  bench.ask();
  EXPECT_THAT(bench.verdicts(), ElementsAre(std::uint32_t{TRELLIS_AUTH_DENY}));
  EXPECT_THAT(bench.statuses(), ElementsAre(TRELLIS_BAD_CREDENTIALS));
  EXPECT_THAT(bench[1].asked, IsEmpty()) << "the next one is not asked";
  EXPECT_EQ(bench.identity(), "nobody");
  EXPECT_EQ(bench.read(bench.metrics.denied), 1);
}

TEST(Authentication, AsksTheNextWhenOneDefers) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_DEFER), answers(TRELLIS_AUTH_DEFER), answers(TRELLIS_AUTH_ALLOW)});
  bench.ask();
  EXPECT_EQ(bench.identity(), "@auth-3");
}

TEST(Authentication, WhoProvesItselfAgainStaysWhoItWas) {
  AuthenticationBench bench({[](const trellis_credentials& credentials, trellis_auth_answer& answer) {
    answer.verdict = TRELLIS_AUTH_ALLOW;
    answer.name = credentials.username;
  }});
  bench.ask(0, "ada");
  bench.ask(TRELLIS_CREDENTIALS_REAUTHENTICATES, "ada");
  bench.ask(TRELLIS_CREDENTIALS_REAUTHENTICATES, "eve");
  EXPECT_THAT(bench.verdicts(), ElementsAre(std::uint32_t{TRELLIS_AUTH_ALLOW}, std::uint32_t{TRELLIS_AUTH_ALLOW},
                                            std::uint32_t{TRELLIS_AUTH_DENY}));
  EXPECT_EQ(bench.statuses().back(), TRELLIS_NOT_AUTHORIZED);
  EXPECT_EQ(bench.identity(), "ada@auth-1");
}

TEST(Authentication, NobodyAnsweringDenies) {
  AuthenticationBench none({});
  none.ask();
  EXPECT_THAT(none.statuses(), ElementsAre(TRELLIS_NOT_AUTHORIZED));

  AuthenticationBench deferring({answers(TRELLIS_AUTH_DEFER)});
  deferring.ask();
  EXPECT_THAT(deferring.statuses(), ElementsAre(TRELLIS_NOT_AUTHORIZED));
}

TEST(Authentication, AMethodNobodyKnowsIsTold) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_DEFER)});
  bench.ask(TRELLIS_CREDENTIALS_HAS_METHOD);
  EXPECT_THAT(bench.statuses(), ElementsAre(TRELLIS_BAD_METHOD));
}

TEST(Authentication, NoVerdictDenies) {
  for (const std::uint32_t verdict : {std::uint32_t{TRELLIS_AUTH_UNSET}, 99u}) {
    AuthenticationBench bench({answers(verdict), answers(TRELLIS_AUTH_ALLOW)});
    bench.ask();
    EXPECT_THAT(bench.statuses(), ElementsAre(TRELLIS_INTERNAL));
    EXPECT_EQ(bench.identity(), "nobody");
  }
}

TEST(Authentication, StepsOfAnExchangeGoToWhoeverChallenged) {
  int step = 0;
  AuthenticationBench bench({answers(TRELLIS_AUTH_DEFER),
                             [&](const trellis_credentials& credentials, trellis_auth_answer& answer) {
                               const bool continues = (credentials.flags & TRELLIS_CREDENTIALS_CONTINUES) != 0;
                               EXPECT_EQ(continues, step > 0);
                               answer.verdict = ++step < 3 ? TRELLIS_AUTH_CHALLENGE : TRELLIS_AUTH_ALLOW;
                             },
                             answers(TRELLIS_AUTH_DENY)});
  bench.ask();
  bench.ask(TRELLIS_CREDENTIALS_CONTINUES);
  bench.ask(TRELLIS_CREDENTIALS_CONTINUES);
  EXPECT_THAT(bench.verdicts(), ElementsAre(std::uint32_t{TRELLIS_AUTH_CHALLENGE},
                                            std::uint32_t{TRELLIS_AUTH_CHALLENGE}, std::uint32_t{TRELLIS_AUTH_ALLOW}));
  EXPECT_EQ(bench[0].asked.size(), 1u);
  EXPECT_EQ(bench[1].asked.size(), 3u);
  EXPECT_EQ(bench[1].asked[0], bench[1].asked[2]) << "one token names the whole exchange";
  EXPECT_EQ(bench.identity(), "@auth-2");
}

TEST(Authentication, AClientThatLeavesMidExchangeIsForgotten) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_CHALLENGE)});
  bench.ask();
  bench.net.call([&] { bench.authentication->abandon(bench.net.connection()); });
  EXPECT_EQ(bench[0].abandoned, bench[0].asked);
  bench.net.call([&] { bench.authentication->abandon(bench.net.connection()); });
  EXPECT_EQ(bench[0].abandoned.size(), 1u);
}

TEST(Authentication, AnAllowedClientMayProveItselfAgain) {
  AuthenticationBench bench({[](const trellis_credentials& credentials, trellis_auth_answer& answer) {
    answer.verdict = TRELLIS_AUTH_ALLOW;
    answer.name = credentials.username;
  }});
  bench.ask(0, "ada");
  bench.ask(TRELLIS_CREDENTIALS_REAUTHENTICATES, "ada");
  EXPECT_EQ(bench.identity(), "ada@auth-1");
  EXPECT_NE(bench[0].asked[0], bench[0].asked[1]);
}

TEST(Authentication, AnonymousClientsOfOneAuthenticatorAreTheSame) {
  AuthenticationBench bench({answers(TRELLIS_AUTH_ALLOW)});
  bench.ask();
  const Identity* first = bench.net.call([&] { return bench.net.connection().identity().get(); });
  bench.ask();
  EXPECT_EQ(bench.net.call([&] { return bench.net.connection().identity().get(); }), first);
}

TEST(Authentication, IdentitiesCarryAttributesAndTheirEnd) {
  AuthenticationBench bench({[](const trellis_credentials&, trellis_auth_answer& answer) {
    static const trellis_pair kGroup{view_of("group"), view_of("engineers")};
    answer.verdict = TRELLIS_AUTH_ALLOW;
    answer.name = view_of("ada");
    answer.attributes = &kGroup;
    answer.attribute_count = 1;
    answer.expires_at_ms = 4'000'000'000'000;
  }});
  bench.ask();
  bench.net.call([&] {
    const trellis_identity& facts = bench.net.connection().identity()->facts();
    ASSERT_EQ(facts.attribute_count, 1u);
    EXPECT_EQ(text_of(facts.attributes[0].value), "engineers");
    EXPECT_EQ(facts.expires_at_ms, 4'000'000'000'000);
  });
}

}  // namespace
}  // namespace trellis::kernel
