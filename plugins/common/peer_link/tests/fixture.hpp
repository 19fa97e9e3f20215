// A handler of a small protocol of lines, whose peer the test plays: "hello" is answered by "welcome", "<number>
// <text>" by "yes <number>", "no <number>" or "later <number>".
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>
#include <utility>
#include <vector>

#include "common/peer_link/link.hpp"
#include "common/peer_link/link_handler.hpp"

namespace peer_link::testing {

using common::Verdict;

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using trellis::Cause;
using trellis::testing::DeliveryWatch;
using trellis::testing::OpenDestination;
using trellis::testing::ProtocolConnection;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using Settled = trellis::testing::Outcome;

class LineSpeaker final : public Speaker {
 public:
  explicit LineSpeaker(Link& link) : link_(link) {}
  void begin() override { link_.write("hello\n"); }
  std::size_t read(std::string_view bytes) override {
    std::size_t used = 0;
    for (std::size_t end = 0; (end = bytes.find('\n', used)) != std::string_view::npos; used = end + 1) {
      line(bytes.substr(used, end - used));
    }
    return used;
  }
  std::optional<Verdict> send(std::uint64_t number, Piece& piece) override {
    if (piece.bytes == "unsendable") return Verdict::refused(Cause::too_large, "it is unsendable");
    link_.write(std::to_string(number) + " " + piece.bytes + "\n");
    return std::nullopt;
  }
  void ping() override { link_.write("ping\n"); }
  void farewell() override { link_.write("bye\n"); }

 private:
  void line(std::string_view text) {
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    std::uint64_t number = 0;
    if (blank != std::string_view::npos) std::from_chars(text.data() + blank + 1, text.data() + text.size(), number);
    if (word == "welcome") return link_.ready();
    if (word == "pong") return;
    if (word == "most") return link_.limit(number);
    if (word == "denied")
      return link_.fail(Verdict::retry(Cause::unauthorized, "the peer knows another password", 10s));
    if (word == "yes" && link_.settle(number, Verdict::delivered())) return;
    if (word == "no" && link_.settle(number, Verdict::refused(Cause::bad_request, "the peer says no"))) return;
    if (word == "later" && link_.settle(number, Verdict::retry(Cause::busy, "the peer is busy", 5s))) return;
    link_.misunderstood("found \"" + std::string(text) + "\", expected an answer to what was sent");
  }
  Link& link_;
};

class LinePlace final : public Place {
 public:
  LinkSettings settings;
  const LinkSettings& link() const noexcept override { return settings; }
  std::optional<Verdict> compose(trellis::Message message, Piece& piece) const override {
    if (message.payload() == "wrong") return Verdict::refused(Cause::bad_request, "it is wrong");
    piece.bytes = message.payload();
    return std::nullopt;
  }
  std::unique_ptr<Speaker> speaker(Link& link) const override { return std::make_unique<LineSpeaker>(link); }
};

struct Lines {
  static constexpr trellis::PluginInfo kInfo{
      .id = "handler-line", .version = "1.0.0", .summary = "Sends lines.", .licence = "Apache-2.0"};
  static constexpr std::string_view kName = "line";
  static trellis::Schema schema() { return with_keep_alive(with_in_flight(with_plugin_settings(trellis::Schema{}))); }
  static trellis::Result<std::shared_ptr<const Place>> read_target(const trellis::Config&,
                                                                   const PluginSettings& settings) {
    auto place = std::make_shared<LinePlace>();
    place->settings.target = {.host = "peer.example.org", .port = 7, .timeout = settings.connect_timeout};
    place->settings.name = "line://peer.example.org:7";
    place->settings.timeout = settings.timeout;
    place->settings.backoff_max = settings.backoff_max;
    place->settings.keep_alive = settings.keep_alive;
    place->settings.in_flight = settings.in_flight;
    place->settings.waiting = settings.waiting;
    place->settings.waiting_bytes = settings.waiting_bytes;
    return std::shared_ptr<const Place>(std::move(place));
  }
};
using LineHandler = LinkHandler<Lines>;

class LinkTest : public ::testing::Test {
 protected:
  OpenDestination open(const std::string& settings = "{}") { return host_.load<LineHandler>(settings).open(); }
  static std::vector<DeliveryWatch> deliver(const OpenDestination& destination, const std::vector<std::string>& texts) {
    std::vector<Sample> samples;
    for (const auto& text : texts) samples.push_back({.topic = "t", .payload = text});
    return destination.deliver(samples);
  }
  /// The peer's end of the connection that is dialled now, greeted.
  ProtocolConnection peer() {
    auto made = host_.answer_dial();
    EXPECT_EQ(made.received(), "hello\n");
    made.send("welcome\n");
    return made;
  }
  std::int64_t metric(const std::string& name, const std::string& labels = {}) {
    return host_.metric("trellis_handler_line_" + name, labels);
  }

  TestHost host_;
};

}  // namespace peer_link::testing
