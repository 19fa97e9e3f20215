// Requests that a service keeps: it hears when they are over, asks whose they are, and answers piece by piece.
#include <gmock/gmock.h>

#include <deque>
#include <functional>

#include "fake_kernel.hpp"
#include "http2_peer.hpp"

namespace transport_http::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

/// A service's side of one exchange.
struct Keeper {
  static const trellis_exchange_user& table() {
    static constexpr trellis_exchange_user kTable{
        sizeof(trellis_exchange_user), 0,
        [](void* user, trellis_connection* connection, const trellis_auth_answer* answer, std::uint32_t flags) {
          auto& mine = *static_cast<Keeper*>(user);
          mine.answers.push_back(std::string(trellis::text(answer->name)) + (connection == nullptr ? "-" : "+") +
                                 ((flags & TRELLIS_EXCHANGE_OCCUPIED) != 0 ? "occupied" : ""));
          if (mine.on_allowed && connection != nullptr) mine.on_allowed();
        },
        [](void* user) { ++static_cast<Keeper*>(user)->drains; },
        [](void* user) {
          ++static_cast<Keeper*>(user)->overs;
          static_cast<Keeper*>(user)->exchange = nullptr;
        }};
    return kTable;
  }
  void keep(const trellis_request& request) {
    calls = request.exchanges;
    exchange = calls->keep(request.exchange, &table(), this);
  }
  void write(std::string_view piece) const { calls->write(exchange, trellis::view(piece)); }
  void end() { calls->end(std::exchange(exchange, nullptr)); }
  void ask(std::string_view name) const {
    trellis_credentials credentials{};
    credentials.struct_size = sizeof credentials;
    credentials.username = trellis::view(name);
    calls->authenticate(exchange, &credentials);
  }

  const trellis_exchanges* calls = nullptr;
  trellis_exchange* exchange = nullptr;
  std::vector<std::string> answers{};
  std::function<void()> on_allowed{};
  int drains = 0;
  int overs = 0;
};

constexpr const char* kGet = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

class Kept : public ::testing::Test {
 protected:
  void SetUp() override {
    kernel.on_dispatch = [this](const trellis_request& request) { keepers.emplace_back().keep(request); };
  }
  FakeKernel kernel;
  std::deque<Keeper> keepers;
};

TEST_F(Kept, AnAnswerComesPieceByPiece) {
  FakeClient client(kernel);
  client.send(kGet);
  keepers[0].calls->stream(keepers[0].exchange);
  client.answer(0, 200, "one", "text/event-stream");
  EXPECT_THAT(client.output, HasSubstr("transfer-encoding: chunked"));
  EXPECT_THAT(client.received(), EndsWith("\r\n\r\n3\r\none\r\n"));
  keepers[0].write("two and three");
  EXPECT_EQ(client.received(), "d\r\ntwo and three\r\n");
  client.send(kGet);
  EXPECT_EQ(client.asked.size(), 1U) << "what follows on the connection waits";
  EXPECT_FALSE(client.paused) << "but that the client goes would be seen";
  client.send("GET /" + std::string(17000, 'x'));
  EXPECT_TRUE(client.paused) << "without end it is not read, though";
  keepers[0].end();
  EXPECT_EQ(client.received(), "0\r\n\r\n");
  EXPECT_EQ(client.asked.size(), 2U);
  EXPECT_EQ(keepers[0].overs, 0) << "who ends it knows";
}

TEST_F(Kept, PiecesWaitForTheAnswersBeforeThem) {
  FakeClient client(kernel);
  client.send(std::string(kGet) + kGet);
  keepers[1].calls->stream(keepers[1].exchange);
  client.answer(1, 200, "one");
  keepers[1].write("two");
  EXPECT_EQ(client.received(), "");
  EXPECT_GT(keepers[1].calls->unsent(keepers[1].exchange), 6U);
  client.answer(0, 200, "first");
  EXPECT_THAT(client.received(), EndsWith("3\r\none\r\n3\r\ntwo\r\n"));
  EXPECT_EQ(keepers[0].overs, 1) << "it was answered, and its keeper had not let go of it";
}

TEST_F(Kept, InHttp10TheEndIsThatOfTheConnection) {
  FakeClient client(kernel);
  client.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
  keepers[0].calls->stream(keepers[0].exchange);
  client.answer(0, 200, "one");
  EXPECT_THAT(client.output, Not(HasSubstr("chunked")));
  EXPECT_THAT(client.received(), EndsWith("\r\n\r\none"));
  keepers[0].end();
  EXPECT_TRUE(client.closed);
}

TEST_F(Kept, ItsKeeperHearsThatTheClientWent) {
  {
    FakeClient client(kernel);
    client.send(kGet);
    client.drain();
    EXPECT_EQ(keepers[0].drains, 1);
  }
  EXPECT_EQ(keepers[0].overs, 1);
}

TEST_F(Kept, ClientsOfOneConnectionAreAskedAboutInTurn) {
  FakeClient client(kernel);
  kernel.answers_later = true;
  client.send(std::string(kGet) + kGet + kGet);
  keepers[0].ask("ada");
  keepers[1].ask("bob");
  keepers[2].ask("eve");
  EXPECT_EQ(kernel.questions, (std::vector<std::string>{"ada"}));
  client.answer(1, 200, "");  // does not wait any more
  kernel.answer_question(client, "ada");
  EXPECT_EQ(kernel.questions, (std::vector<std::string>{"ada", "eve"}));
  kernel.answer_question(client, "");
  EXPECT_EQ(keepers[0].answers, (std::vector<std::string>{"ada+"}));
  EXPECT_EQ(keepers[1].answers, (std::vector<std::string>{}));
  EXPECT_EQ(keepers[2].answers, (std::vector<std::string>{"-"}));
}

TEST_F(Kept, AStreamMakesTheConnectionItsClients) {
  Http2Peer peer(kernel);
  const auto first = peer.get("/");
  keepers[0].on_allowed = [&] {
    keepers[0].calls->stream(keepers[0].exchange);
    peer.client.answer(0, 200, "one");
  };
  keepers[0].ask("ada");
  EXPECT_FALSE(kernel.asked_again);
  keepers[0].write(" and two");
  peer.exchange();
  EXPECT_EQ(peer.responses[first].body, "one and two");
  EXPECT_FALSE(peer.responses[first].complete);
  peer.get("/");
  keepers[1].ask("bob");
  EXPECT_TRUE(kernel.asked_again) << "only the same client is let in beside it";
  peer.reset(first);
  peer.get("/");
  keepers[2].ask("bob");
  EXPECT_FALSE(kernel.asked_again);
  EXPECT_EQ(keepers[0].overs, 1);
}

TEST_F(Kept, AStreamOfHttp2EndsWhereItsReaderTakesNothing) {
  Http2Peer peer(kernel, 65535, false);
  const auto id = peer.get("/");
  keepers[0].calls->stream(keepers[0].exchange);
  peer.client.answer(0, 200, "");
  const std::string piece(50000, 'x');
  keepers[0].write(piece);
  keepers[0].write(piece);
  peer.exchange();
  EXPECT_EQ(keepers[0].calls->unsent(keepers[0].exchange), 100000U - 65535U);
  EXPECT_EQ(peer.responses[id].body.size(), 65535U);
  kernel.advance(75000);
  peer.exchange();
  EXPECT_EQ(keepers[0].overs, 1);
}

TEST_F(Kept, AStreamOfHttp2IsEndedByItsService) {
  Http2Peer peer(kernel);
  const auto id = peer.get("/");
  keepers[0].calls->stream(keepers[0].exchange);
  peer.client.answer(0, 200, "one");
  peer.exchange();
  kernel.advance(100000);
  EXPECT_EQ(keepers[0].overs, 0) << "a silent one is no idle one";
  keepers[0].write("two");
  keepers[0].end();
  peer.exchange();
  EXPECT_EQ(peer.responses[id].body, "onetwo");
  EXPECT_TRUE(peer.responses[id].complete);
  EXPECT_EQ(keepers[0].overs, 0);
}

}  // namespace
}  // namespace transport_http::testing
