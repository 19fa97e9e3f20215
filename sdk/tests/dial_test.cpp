// Connections from here to others, through the SDK and TestHost.
#include <gtest/gtest.h>

#include <trellis/dial.hpp>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>

namespace {

using namespace std::chrono_literals;
using trellis::testing::TestHost;

struct Seen {
  std::vector<std::string> steps;
  trellis::Outgoing* live = nullptr;
  int destroyed = 0;
  std::uint32_t close_reason = 0;
  trellis::TextLookup lookup;
} seen;

class Greeter final : public trellis::Outgoing {
 public:
  ~Greeter() override { ++seen.destroyed; }
  void on_open() noexcept override {
    seen.steps.emplace_back("open");
    write("hello");
    set_timer(1s);
  }
  std::size_t on_bytes(std::string_view bytes) noexcept override {
    if (bytes.size() < 4) return 0;
    seen.steps.emplace_back(bytes);
    if (bytes == "quit") close();
    return bytes.size();
  }
  void on_timer() noexcept override { seen.steps.emplace_back("timer"); }
  void on_closed(std::uint32_t reason, std::string_view why) noexcept override {
    seen.close_reason = close_reason();
    seen.steps.push_back("closed " + std::to_string(reason) + " " + std::string(why));
    seen.live = nullptr;
  }
};

class DialingService final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "dialing", .version = "1.0.0"};
  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    if (request.path() == "/close") {
      seen.live->close();
    } else if (request.path().starts_with("/texts/")) {
      seen.lookup = {request.shard(), request.path().substr(7), [](trellis::Status status, const auto& texts) {
                       seen.steps.push_back(status == trellis::Status::ok ? std::string(texts.at(0)) : "none");
                     }};
    } else {
      auto greeter = std::make_unique<Greeter>();
      seen.live = greeter.get();
      EXPECT_TRUE(dial(request.shard(), {.host = "peer.example", .port = 7000, .secure = true, .timeout = 3s},
                       std::move(greeter)));
    }
    reply.text("ok");
  }
};

class Dial : public ::testing::Test {
 protected:
  Dial() { seen = {}; }
  void ask(std::string_view path) { (void)service_.get(path); }

  TestHost host_;
  trellis::testing::ServiceDriver service_ = host_.load<DialingService>();
};

TEST_F(Dial, SaysWhereToAndSpeaksOnceItIsOpen) {
  ask("/dial");
  ASSERT_EQ(host_.dials().size(), 1U);
  const auto wanted = host_.dials()[0];
  EXPECT_EQ(wanted.host, "peer.example");
  EXPECT_EQ(wanted.port, 7000U);
  EXPECT_TRUE(wanted.secure);
  EXPECT_EQ(wanted.timeout, 3s);
  EXPECT_TRUE(seen.steps.empty());
  auto peer = host_.answer_dial();
  EXPECT_EQ(peer.received(), "hello");
  peer.send("an");
  EXPECT_EQ(peer.unread(), 2U);
  peer.send("swer");
  host_.advance(1s);
  peer.send("quit");
  EXPECT_FALSE(peer.open());
  EXPECT_EQ(seen.steps, (std::vector<std::string>{"open", "answer", "timer", "quit", "closed 0 closed"}));
  EXPECT_EQ(seen.destroyed, 1);
}

TEST_F(Dial, AFailureEndsIt) {
  ask("/dial");
  host_.fail_dial(TRELLIS_DIAL_NAME, "no such name");
  EXPECT_EQ(seen.steps, (std::vector<std::string>{"closed 1 no such name"}));
  EXPECT_EQ(seen.close_reason, 0U);
  EXPECT_EQ(seen.destroyed, 1);
}

TEST_F(Dial, CanBeGivenUpBeforeItIsOpen) {
  ask("/dial");
  ask("/close");
  EXPECT_TRUE(host_.dials().empty());
  EXPECT_EQ(seen.steps, (std::vector<std::string>{"closed 0 given up"}));
}

TEST_F(Dial, SaysWhyALayerGaveUp) {
  ask("/dial");
  auto peer = host_.answer_dial({{TRELLIS_FACT_ERROR, "the certificate expired"}});
  peer.end(TRELLIS_CLOSE_LAYER);
  EXPECT_EQ(seen.steps.back(), "closed 0 the certificate expired");
  EXPECT_EQ(seen.close_reason, TRELLIS_CLOSE_LAYER);
}

TEST_F(Dial, TextsAreLookedUp) {
  host_.set_texts("_eg.example.com", std::vector<std::string>{"proof"});
  ask("/texts/_eg.example.com");
  ask("/texts/other.example.com");
  EXPECT_EQ(seen.steps, (std::vector<std::string>{"proof", "none"}));
}

TEST(DialAtTheEnd, WhatIsOpenOrDialledEndsWithThePlugin) {
  seen = {};
  {
    TestHost host;
    auto service = host.load<DialingService>();
    for (int i = 0; i < 2; ++i) (void)service.get("/dial");
    (void)host.answer_dial();
  }
  EXPECT_EQ(seen.steps, (std::vector<std::string>{"open", "closed 0 the broker stops", "closed 8 the plugin stops"}));
  EXPECT_EQ(seen.destroyed, 2);
}

}  // namespace
