// NATS's lines are found however they are cut, and what is none of them is refused.
#include "nats.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace trellis::bench {
namespace {

std::string text_of(const OutBuffer& out) { return {out.data(), out.size()}; }

TEST(Nats, WritesPublishesAndSubscriptions) {
  OutBuffer out;
  append_nats_pub(out, "a.b", "in.1", "hello");
  append_nats_pub(out, "a", "", "");
  append_nats_sub(out, "in.*", 7);
  append_nats_pong(out);
  EXPECT_EQ(text_of(out), "PUB a.b in.1 5\r\nhello\r\nPUB a 0\r\n\r\nSUB in.* 7\r\nPONG\r\n");
}

struct Expected {
  std::string text;
  NatsOp op;
  std::string subject, reply, payload;
  unsigned status = 0;
};

void PrintTo(const Expected& expected, std::ostream* out) { *out << expected.text.substr(0, expected.text.find('\r')); }

class NatsRead : public testing::TestWithParam<Expected> {};

TEST_P(NatsRead, FindsTheParts) {
  const Expected& expected = GetParam();
  NatsMessage message;
  std::size_t size = 0;
  const std::string whole = expected.text + "PING\r\n";
  ASSERT_EQ(next_nats(whole, message, size), NatsScan::message);
  EXPECT_EQ(size, expected.text.size());
  EXPECT_EQ(message.op, expected.op);
  EXPECT_EQ(message.subject, expected.subject);
  EXPECT_EQ(message.reply, expected.reply);
  EXPECT_EQ(message.status, expected.status);
  if (message.op == NatsOp::message) {
    EXPECT_EQ(message.payload, expected.payload);
  }
}

TEST_P(NatsRead, WaitsForTheRest) {
  const std::string& text = GetParam().text;
  for (std::size_t size = 0; size < text.size(); ++size) {
    NatsMessage message;
    std::size_t used = 0;
    ASSERT_EQ(next_nats(std::string_view(text).substr(0, size), message, used), NatsScan::incomplete) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Lines, NatsRead,
                         testing::Values(Expected{"INFO {\"a\":1}\r\n", NatsOp::info, "", "", ""},
                                         Expected{"+OK\r\n", NatsOp::ok, "", "", ""},
                                         Expected{"PING\r\n", NatsOp::ping, "", "", ""},
                                         Expected{"PONG\r\n", NatsOp::pong, "", "", ""},
                                         Expected{"-ERR 'No'\r\n", NatsOp::error, "", "", ""},
                                         Expected{"MSG a.b 1 4\r\n\r\nxy\r\n", NatsOp::message, "a.b", "", "\r\nxy"},
                                         Expected{"MSG a.b 1 r.s 0\r\n\r\n", NatsOp::message, "a.b", "r.s", ""},
                                         Expected{"HMSG in 1 26 26\r\nNATS/1.0 408 Timed out\r\n\r\n\r\n",
                                                  NatsOp::message, "in", "", "", 408},
                                         Expected{"HMSG in 1 re 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nxy\r\n",
                                                  NatsOp::message, "in", "re", "xy"}));

TEST(Nats, RefusesWhatIsNoLineOfIts) {
  for (const char* text :
       {"HELLO\r\n", "MSG a 1\r\n", "MSG a 1 b c 2\r\nxy\r\n", "MSG a 1 x\r\n", "MSG a 1 2\r\nxyz\r\n\r\n",
        "MSG a 1 99999999999\r\n", "HMSG a 1 5 4\r\nabcde\r\n", "HMSG a 1 4 4\r\nabcd\r\n",
        "HMSG a 1 16 16\r\nNATS/1.0 abc\r\n\r\n\r\n", "MSG a 1 1 1 1 1 1\r\nx\r\n"}) {
    NatsMessage message;
    std::size_t size = 0;
    EXPECT_EQ(next_nats(text, message, size), NatsScan::malformed) << text;
  }
}

TEST(Nats, ReadsHowOftenAMessageWasDelivered) {
  EXPECT_EQ(delivery_count_of("$JS.ACK.bench.all.3.10.12.1700000000000000000.5"), 3U);
  EXPECT_EQ(delivery_count_of("$JS.ACK.bench.all.3"), 0U);
  EXPECT_EQ(delivery_count_of("$JS.ACK.bench.all.x.10.12.17.5"), 0U);
  EXPECT_EQ(delivery_count_of("other.bench.all.3.10.12.17.5"), 0U);
}

TEST(Nats, ReadsNumbersOfAnswers) {
  EXPECT_EQ(nats_number(R"({"num_ack_pending":12,"num_pending":0})", "num_ack_pending"), 12U);
  EXPECT_THROW(nats_number(R"({"num_pending":0})", "num_ack_pending"), std::runtime_error);
}

}  // namespace
}  // namespace trellis::bench
