// What replies mean, and what is done about bytes that are none.
#include "replies.hpp"

#include "fixture.hpp"

namespace redis {
namespace {

using namespace redis::testing;

struct Row {
  std::string reply;
  Settled outcome;
  Cause cause;
  bool stays = true;  // the connection
};

class RedisReplies : public RedisTest, public ::testing::WithParamInterface<Row> {};

TEST_P(RedisReplies, BecomeVerdicts) {
  const auto destination = open();
  const auto watch = destination.deliver({event()}).front();
  auto made = server();
  made.send(GetParam().reply + "\r\n");
  EXPECT_EQ(watch.outcome(), GetParam().outcome) << watch.reason();
  EXPECT_EQ(watch.cause(), GetParam().cause);
  EXPECT_EQ(made.open(), GetParam().stays);
  if (GetParam().outcome == Settled::delivered) return;
  EXPECT_THAT(watch.reason(), ::testing::StartsWith("redis://127.0.0.1:6379: "));
  EXPECT_EQ(watch.retry_after(), GetParam().outcome == Settled::retry ? 10s : 0s);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RedisReplies,
    ::testing::Values(Row{"$15\r\n1526919030474-0", Settled::delivered, Cause::none},
                      Row{"-LOADING Redis is loading the dataset in memory", Settled::retry, Cause::busy},
                      Row{"-BUSY Redis is busy running a script", Settled::retry, Cause::busy},
                      Row{"-OOM command not allowed when used memory > 'maxmemory'.", Settled::retry, Cause::full},
                      Row{"-MISCONF Redis is configured to save RDB snapshots", Settled::retry, Cause::full},
                      Row{"-READONLY You can't write against a read only replica.", Settled::retry, Cause::busy, false},
                      Row{"-NOREPLICAS Not enough good replicas to write.", Settled::retry, Cause::busy},
                      Row{"-NOAUTH Authentication required.", Settled::retry, Cause::unauthorized, false},
                      Row{"-NOPERM this user has no permissions", Settled::retry, Cause::forbidden},
                      Row{"-WRONGTYPE Operation against a key", Settled::refused, Cause::bad_request},
                      Row{"-MOVED 3999 127.0.0.1:6381", Settled::retry, Cause::not_found},
                      Row{"-ERR unknown command `XADD`", Settled::retry, Cause::disabled},
                      Row{"-ERR syntax error", Settled::refused, Cause::bad_request},
                      Row{"-SOMETHING else", Settled::retry, Cause::other},
                      Row{"+OK", Settled::retry, Cause::aborted, false},
                      Row{":5", Settled::retry, Cause::aborted, false},
                      Row{"$-1", Settled::retry, Cause::aborted, false},
                      Row{"*2\r\n$1\r\na\r\n:1", Settled::retry, Cause::aborted, false},
                      Row{"HTTP/1.1 400 Bad Request", Settled::retry, Cause::aborted, false},
                      Row{"*1000000000000", Settled::retry, Cause::aborted, false},
                      Row{"$99999999999999999999", Settled::retry, Cause::aborted, false}));

TEST_F(RedisTest, RepliesComeInTheirOrderHoweverTheyAreCut) {
  const auto destination = open();
  const auto watches = destination.deliver({event("a"), event("b"), event("c")});
  auto made = server();
  for (const char c : std::string("$3\r\n1-1\r\n-WRONGTYPE no\r\n$3\r\n1-2\r\n")) made.send(std::string(1, c));
  EXPECT_EQ(watches[0].outcome(), Settled::delivered);
  EXPECT_EQ(watches[1].outcome(), Settled::refused);
  EXPECT_EQ(watches[2].outcome(), Settled::delivered);
}

TEST_F(RedisTest, WrongPasswordsAreSaidAndNeverRepeated) {
  for (const std::string answer : {"-WRONGPASS invalid username-password pair", "-ERR invalid password",
                                   "-ERR unknown command `AUTH`, with args beginning with: `sesame`"}) {
    const auto destination = open(R"(, "password": "sesame")");
    const auto consent = destination.check();
    auto made = host_.answer_dial();
    made.send(answer + "\r\n-NOAUTH Authentication required.\r\n");
    EXPECT_EQ(consent.outcome(), Settled::retry);
    EXPECT_EQ(consent.cause(), Cause::unauthorized);
    EXPECT_THAT(consent.reason(), HasSubstr("does not take the user and password"));
    EXPECT_THAT(consent.reason(), Not(HasSubstr("sesame")));
    EXPECT_FALSE(made.open());
  }
  for (const auto& line : host_.logs()) {
    for (const auto& [name, value] : line.fields) EXPECT_THAT(value, Not(HasSubstr("sesame")));
  }
}

TEST_F(RedisTest, AUserThatMayOnlyAddEntriesIsGreeted) {
  const auto destination = open();
  const auto consent = destination.check();
  auto made = host_.answer_dial();
  made.send("-NOPERM this user has no permissions to run the 'ping' command\r\n");
  EXPECT_EQ(consent.outcome(), Settled::delivered);
}

TEST_F(RedisTest, TooManyClientsIsNoFaultOfTheEvent) {
  const auto destination = open();
  const auto consent = destination.check();
  auto made = host_.answer_dial();
  made.send("-ERR max number of clients reached\r\n");
  EXPECT_EQ(consent.outcome(), Settled::retry);
  EXPECT_EQ(consent.cause(), Cause::busy);
}

TEST_F(RedisTest, NothingNobodyAskedForIsTaken) {
  const auto destination = open();
  destination.check();
  auto made = server();
  made.send("$3\r\n1-1\r\n");
  EXPECT_FALSE(made.open());
}

TEST(Replies, AreBounded) {
  Replies replies;
  replies.feed("$1000000000\r\n");
  EXPECT_FALSE(replies.next());
  for (int i = 0; i < 70 && replies.broken().empty(); ++i) {
    replies.feed(std::string(1024, 'x'));
    EXPECT_FALSE(replies.next());
  }
  EXPECT_EQ(replies.broken(), "a reply is too long");
}

TEST(Replies, MakeNoRoomForWhatIsOnlyAnnounced) {
  Replies replies;
  replies.feed("*2000000000\r\n:1\r\n");
  EXPECT_FALSE(replies.next()) << "two thousand million pointers would not fit";
  EXPECT_EQ(replies.broken(), "");
}

TEST(Replies, NestingIsBounded) {
  Replies replies;
  for (int i = 0; i < 20; ++i) replies.feed("*1\r\n");
  EXPECT_FALSE(replies.next());
  EXPECT_NE(replies.broken(), "");
}

}  // namespace
}  // namespace redis
