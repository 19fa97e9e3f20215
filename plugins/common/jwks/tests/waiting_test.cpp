// Questions that wait for keys.
#include "fixture.hpp"

namespace jwks::testing {
namespace {

using WaitingTest = KeysTest;

TEST_F(WaitingTest, AreAnsweredWhenTheFirstKeysCome) {
  const auto one = issuer();
  const auto first = wait(one, 1);
  const auto second = wait(one, 2);
  EXPECT_EQ(first->how, Waiting::waits);
  EXPECT_EQ(metric("waiting"), 2);
  EXPECT_EQ(host_.dials().size(), 1u) << "they share one fetch";
  answer(keys("a"));
  EXPECT_EQ(first->answers, 1);
  EXPECT_EQ(second->answers, 1);
  EXPECT_EQ(metric("waiting"), 0);
  host_.advance(1min);
  EXPECT_EQ(first->answers, 1);
}

TEST_F(WaitingTest, AreAnsweredByTheirOwnDeadlineWhileTheIssuerHangs) {
  const auto one = issuer();
  const auto first = wait(one, 1);
  host_.advance(2s);
  const auto second = wait(one, 2);
  host_.advance(3s - 1ms);
  EXPECT_EQ(first->answers, 0);
  host_.advance(1ms);
  EXPECT_EQ(first->answers, 1);
  EXPECT_EQ(second->answers, 0);
  host_.advance(2s);
  EXPECT_EQ(second->answers, 1);
  EXPECT_EQ(metric("overdue_total"), 2);
  answer(keys("a"));
  EXPECT_EQ(first->answers, 1) << "what comes later changes nothing";
  EXPECT_EQ(kid(*one), "a");
}

TEST_F(WaitingTest, DoNotWaitInThePauseAfterAFailure) {
  const auto one = issuer();
  const auto first = wait(one);
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
  EXPECT_EQ(first->answers, 1);
  EXPECT_EQ(wait(one)->how, Waiting::no);
  host_.advance(1s);
  EXPECT_EQ(wait(one)->how, Waiting::waits) << "the next attempt is under way";
}

TEST_F(WaitingTest, HaveUnknownKeysFetchedEarlyButNotTooOften) {
  const auto one = issuer();
  answer(keys("a"));
  EXPECT_EQ(wait(one)->how, Waiting::no) << "fetched a moment ago";
  host_.advance(30s);
  const auto watch = wait(one);
  EXPECT_EQ(watch->how, Waiting::waits);
  answer(keys("b"));
  EXPECT_EQ(watch->answers, 1);
  EXPECT_EQ(kid(*one), "b");
  EXPECT_EQ(wait(one)->how, Waiting::no);
  host_.advance(29s);
  EXPECT_EQ(wait(one)->how, Waiting::no);
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(WaitingTest, LookAgainWhereNewerKeysAreThereAlready) {
  const auto one = issuer();
  const auto old = one->keys();
  answer(keys("a"));
  host_.on_shard(user_.instance(), 0, [&](void* shard) {
    EXPECT_EQ(issuers().wait(*static_cast<trellis::Shard*>(shard), one, old.get(), 1, [] { FAIL(); }), Waiting::newer);
  });
}

TEST_F(WaitingTest, AreForgottenWithTheirClients) {
  const auto one = issuer();
  const auto gone = wait(one, 1);
  const auto stays = wait(one, 2);
  issuers().forget(*one, 1);
  issuers().forget(*one, 7);
  EXPECT_EQ(metric("waiting"), 1);
  answer(keys("a"));
  EXPECT_EQ(gone->answers, 0);
  EXPECT_EQ(stays->answers, 1);
}

class FewWaitingTest : public KeysTest {
 protected:
  FewWaitingTest() : KeysTest(R"({"keys_waiting_clients": 2})") {}
};

TEST_F(FewWaitingTest, AreBounded) {
  const auto one = issuer();
  const auto other = issuer({.jwks_uri = "https://other/keys"});
  wait(one, 1);
  wait(one, 2);
  EXPECT_EQ(wait(one, 3)->how, Waiting::no);
  EXPECT_EQ(wait(other, 4)->how, Waiting::waits) << "one issuer that hangs does not take the room of another";
  issuers().forget(*one, 1);
  EXPECT_EQ(wait(one, 5)->how, Waiting::waits);
}

TEST(Waiting, IsAnsweredOnTheWayDown) {
  int answers = 0;
  {
    trellis::testing::TestHost host;
    auto user = host.load<KeyUser>();
    auto& issuers = *user.as<KeyUser>().issuers;
    const auto one = issuers.get({.jwks_uri = "https://issuer/keys"});
    host.turn();
    host.on_shard(user.instance(), 0, [&](void* shard) {
      EXPECT_EQ(issuers.wait(*static_cast<trellis::Shard*>(shard), one, nullptr, 1, [&] { ++answers; }),
                Waiting::waits);
    });
  }
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace jwks::testing
