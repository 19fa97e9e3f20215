// Predicates, authorizers, handlers, services, layers and commands through the C tables.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <trellis/testing/test_host.hpp>
#include <trellis/trellis.hpp>
#include <vector>

namespace trellis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::Outcome;

// --- predicates

class Longer final : public Predicate {
 public:
  static constexpr PluginInfo kInfo{.id = "predicate-longer", .version = "1.0.0"};
  Result<std::unique_ptr<Condition>> compile(const Config& filter) override {
    if (!filter.contains("than")) return fail("filter: \"than\" is missing");
    return std::make_unique<Than>(static_cast<std::size_t>(filter.integer("than")));
  }

 private:
  struct Than : Condition {
    explicit Than(std::size_t size) : size_(size) {}
    bool matches(const Message& message) const noexcept override { return message.payload().size() > size_; }
    std::size_t size_;
  };
};

TEST(Predicate, CompilesAndJudges) {
  testing::TestHost host;
  auto predicate = host.load<Longer>();
  auto filter = predicate.compile(R"({"than": 2})");
  EXPECT_TRUE(filter.matches("t", "abc"));
  EXPECT_FALSE(filter.matches("t", "ab"));
}

TEST(Predicate, RefusesWithASentence) {
  testing::TestHost host;
  auto predicate = host.load<Longer>();
  EXPECT_EQ(predicate.refusal("{}"), "filter: \"than\" is missing");
  EXPECT_EQ(predicate.refusal(R"({"than": "x"})"), "/than: expected a whole number, found text");
}

// --- authorizers

class OwnTopics final : public Authorizer {
 public:
  static constexpr PluginInfo kInfo{.id = "authorizer-own-topics", .version = "1.0.0"};
  bool judges_receive() const noexcept override { return true; }
  void authorize(AccessBatch batch) noexcept override {
    batch.judge([](const AccessRequest& request) {
      if (request.identity().attribute("role") == "admin") return Access::allow;
      if (request.action() == Action::receive) return Access::defer;
      return request.topic().starts_with(request.identity().name()) ? Access::allow : Access::deny;
    });
  }
};

TEST(Authorizer, Answers) {
  testing::TestHost host;
  auto authorizer = host.load<OwnTopics>();
  EXPECT_EQ(authorizer.may("ada", Action::publish, "ada/x"), Access::allow);
  EXPECT_EQ(authorizer.may("ada", Action::subscribe, "bob/#"), Access::deny);
  EXPECT_EQ(authorizer.may("ada", Action::receive, "bob/x"), Access::defer);
  EXPECT_EQ(authorizer.may("ada", Action::publish, "bob/x", "c1", {{"role", "admin"}}), Access::allow);
  EXPECT_EQ(authorizer.flags(), std::uint32_t{TRELLIS_AUTHORIZER_JUDGES_RECEIVE});
}

TEST(Authorizer, TellsThatEarlierAnswersNoLongerHold) {
  testing::TestHost host;
  auto authorizer = host.load<OwnTopics>();
  EXPECT_EQ(host.forgotten_decisions(), 0u);
  authorizer.as<OwnTopics>().forget_decisions();
  EXPECT_EQ(host.forgotten_decisions(), 1u);
}

TEST(Authorizer, LivesWithAKernelThatCannotForget) {
  testing::TestHost host({.missing_tables = {TRELLIS_HOST_AUTHORIZER}});
  host.load<OwnTopics>().as<OwnTopics>().forget_decisions();
}

// --- handlers

class Ledger final : public Handler {
 public:
  static constexpr PluginInfo kInfo{.id = "handler-ledger", .version = "1.0.0"};
  Result<std::unique_ptr<Destination>> open(const Config& destination) override {
    if (destination.contains("refuse")) return fail("no such ledger");
    return std::make_unique<Page>(*this);
  }
  std::vector<KeptDelivery> kept;

 private:
  struct Page : Destination {
    explicit Page(Ledger& ledger) : ledger_(ledger) {}
    void deliver(DeliveryBatch batch) override {
      batch.each([&](Delivery& delivery) {
        const std::string topic(delivery.message().topic());
        if (topic == "now") delivery.delivered();
        if (topic == "soon") delivery.retry("busy", 5s);
        if (topic == "never") delivery.refused("illegible");
        if (topic == "keep") ledger_.kept.push_back(delivery.keep());
        if (topic == "throw") throw std::runtime_error("the pen broke");
      });
    }
    Ledger& ledger_;
  };
};

TEST(Handler, SettlesEachDelivery) {
  testing::TestHost host;
  auto ledger = host.load<Ledger>().open();
  EXPECT_EQ(ledger.deliver("now").outcome(), Outcome::delivered);
  const auto soon = ledger.deliver("soon");
  EXPECT_EQ(soon.outcome(), Outcome::retry);
  EXPECT_EQ(soon.retry_after(), 5s);
  EXPECT_EQ(ledger.deliver("never").reason(), "illegible");
  EXPECT_EQ(ledger.deliver("forgotten").outcome(), Outcome::retry);
}

TEST(Handler, KeepsADeliveryBeyondTheCall) {
  testing::TestHost host;
  auto handler = host.load<Ledger>();
  auto ledger = handler.open();
  const auto delivery = ledger.deliver("keep", "precious");
  EXPECT_EQ(delivery.outcome(), Outcome::waiting);
  auto& kept = handler.as<Ledger>().kept;
  EXPECT_EQ(kept.front().message().payload(), "precious");
  kept.front().delivered();
  kept.clear();
  EXPECT_EQ(delivery.outcome(), Outcome::delivered);
}

TEST(Handler, TriesTheWholeBatchAgainWhenItThrows) {
  testing::TestHost host;
  auto ledger = host.load<Ledger>().open();
  const auto both = ledger.deliver({{.topic = "throw"}, {.topic = "now"}});
  EXPECT_EQ(both[1].outcome(), Outcome::retry);
  EXPECT_EQ(both[1].reason(), "the pen broke");
}

TEST(Handler, RefusesADestinationWithASentence) {
  testing::TestHost host;
  EXPECT_EQ(host.load<Ledger>().refusal(R"({"refuse": true})"), "no such ledger");
}

// --- services

class Echo final : public Service {
 public:
  static constexpr PluginInfo kInfo{.id = "service-echo", .version = "1.0.0"};
  void on_request(const Request& request, Reply reply) override {
    if (request.path() == "/throw") throw std::runtime_error("no");
    if (request.path() == "/silence") return;
    if (request.path() == "/slow") {
      timer = request.shard().after(3s, [kept = std::make_shared<Reply>(std::move(reply))] { kept->text("done"); });
      return;
    }
    if (request.path() == "/kept") {
      kept.push_back(std::move(reply));
      return;
    }
    reply.send({.status = 201, .body = request.body(), .headers = {{"x-seen", request.header("x-sent")}}});
  }
  void stop() override { timer.cancel(); }
  Timer timer;
  std::vector<Reply> kept;
};

TEST(Service, AnswersAtOnce) {
  testing::TestHost host;
  auto echo = host.load<Echo>();
  auto answer = echo.request({.method = "POST", .path = "/", .body = "hello", .headers = {{"x-sent", "1"}}});
  EXPECT_EQ(answer.status(), 201u);
  EXPECT_EQ(answer.body(), "hello");
  EXPECT_EQ(answer.header("x-seen"), "1");
  EXPECT_EQ(answer.header("content-type"), "text/plain; charset=utf-8");
}

TEST(Service, AnswersLater) {
  testing::TestHost host;
  auto echo = host.load<Echo>();
  auto answer = echo.get("/slow");
  EXPECT_FALSE(answer.answered());
  host.advance(3s);
  EXPECT_EQ(answer.body(), "done");
}

TEST(Service, AnswersFromAnotherThread) {
  testing::TestHost host;
  auto echo = host.load<Echo>();
  const auto answer = echo.get("/kept");
  std::thread([&] { echo.as<Echo>().kept.front().text("done"); }).join();
  EXPECT_FALSE(answer.answered());  // before the next turn
  host.turn();
  EXPECT_EQ(answer.body(), "done");
}

TEST(Service, MayAnswerOneWhoJustLeaves) {
  testing::TestHost host;
  auto echo = host.load<Echo>();
  const auto answer = echo.get("/kept");
  std::thread answering([&] { echo.as<Echo>().kept.front().text("done"); });
  answer.leave();
  EXPECT_EQ(host.late_answers(), 0u);
  answering.join();
  host.turn();
  EXPECT_EQ(host.late_answers(), 0u);
}

TEST(Service, SaysFiveHundredWhenItThrowsOrForgets) {
  testing::TestHost host;
  auto echo = host.load<Echo>();
  EXPECT_EQ(echo.get("/throw").status(), 500u);
  EXPECT_EQ(echo.get("/silence").status(), 500u);
}

// --- layers

class Upside final : public Layer {
 public:
  static constexpr PluginInfo kInfo{.id = "layer-upside", .version = "1.0.0"};
  std::unique_ptr<LayerStream> open(LayerIo io) override { return std::make_unique<Stream>(io); }

 private:
  struct Stream : LayerStream {
    explicit Stream(LayerIo io) : io_(io) {}
    static std::string reversed(std::string_view bytes) { return {bytes.rbegin(), bytes.rend()}; }
    bool on_input(std::string_view bytes) noexcept override {
      if (bytes == "!") return false;
      io_.up(reversed(bytes));
      return true;
    }
    bool on_output(std::string_view bytes) noexcept override {
      io_.down(reversed(bytes));
      return true;
    }
    void on_shutdown() noexcept override { io_.down("bye"); }
    LayerIo io_;
  };
};

TEST(Layer, PassesBytesBothWays) {
  testing::TestHost host;
  auto connection = host.load<Upside>().connect();
  EXPECT_TRUE(connection.input("abc"));
  EXPECT_TRUE(connection.output("xyz"));
  EXPECT_EQ(connection.up(), "cba");
  EXPECT_EQ(connection.down(), "zyx");
  EXPECT_FALSE(connection.input("!"));
  connection.close();
  EXPECT_EQ(connection.down(), "bye");
}

// --- commands

class Speaking final : public WithCommand<Service> {
 public:
  static constexpr PluginInfo kInfo{.id = "service-speaking", .version = "1.0.0"};
  std::string_view verb() const noexcept override { return "speak"; }
  std::string_view verb_summary() const noexcept override { return "says something"; }
  int run(const std::vector<std::string_view>& words, const Console& console) override {
    if (words.empty()) throw std::runtime_error("nothing to say\n");
    console.out(words.front());
    return 0;
  }
  void on_request(const Request&, Reply reply) override { reply.text(""); }
};

struct Terminal : trellis_console {
  Terminal() : trellis_console{} {
    struct_size = sizeof(trellis_console);
    out = [](const trellis_console* me, trellis_view said) {
      const_cast<Terminal*>(static_cast<const Terminal*>(me))->printed += text(said);
    };
    err = out;
  }
  std::string printed;
};

TEST(Command, RunsWithItsWords) {
  testing::TestHost host;
  auto service = host.load<Speaking>();
  const auto* command = service.instance().table<trellis_command>();
  ASSERT_NE(command, nullptr);
  EXPECT_EQ(text(command->verb), "speak");
  Terminal terminal;
  const trellis_view word = view("hello");
  EXPECT_EQ(command->run(service.instance().get(), &word, 1, &terminal), 0);
  EXPECT_EQ(terminal.printed, "hello");
  EXPECT_EQ(command->run(service.instance().get(), nullptr, 0, &terminal), 1);
  EXPECT_EQ(terminal.printed, "hellonothing to say\n");
  EXPECT_NE(service.instance().table<trellis_service>(), nullptr);
}

}  // namespace
}  // namespace trellis
