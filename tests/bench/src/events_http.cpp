// Publishing, receiving and acknowledging over HTTP: one request under way on each connection.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "event_run.hpp"
#include "events.hpp"
#include "http.hpp"

namespace trellis::bench {
namespace {

constexpr std::string_view kVersion = "api-version=2024-06-01";
constexpr unsigned kWaitSeconds = 60;  // of a receive that finds nothing
constexpr std::chrono::seconds kSendLimit{5};

/// The numbers a scenario has by itself.
struct Preset {
  std::uint32_t publishers, receivers, batch;
  bool receives_meanwhile;
};

const Preset& preset_of(const std::string& scenario) {
  static constexpr Preset kPull{4, 4, 100, true};
  static constexpr Preset kPublish{50, 4, 1, false};
  static constexpr Preset kWaiting{10, 1000, 1, true};
  if (scenario == "events-pull") return kPull;
  if (scenario == "events-publish") return kPublish;
  if (scenario == "events-waiting") return kWaiting;
  throw std::runtime_error("no scenario '" + scenario + "' over HTTP; --help lists them");
}

std::uint32_t or_default(std::uint32_t given, std::uint32_t preset) { return given != 0 ? given : preset; }

std::string operation(const EventOptions& events, std::string_view name, std::string_view more = {}) {
  return fmt::format("/topics/{}/eventsubscriptions/{}:{}?{}{}", events.topic, events.subscription, name, kVersion,
                     more);
}

/// Streams: publishers first, receivers behind them.
class HttpEvents final : public EventRun {
 public:
  explicit HttpEvents(const Options& options)
      : EventRun(options, or_default(options.publishers, preset_of(options.scenario).publishers)),
        preset_(preset_of(options.scenario)),
        batch_(or_default(options.events.batch, preset_.batch)),
        publish_(fmt::format("/topics/{}:publish?{}", options.events.topic, kVersion),
                 batch_ == 1 ? "application/cloudevents+json; charset=utf-8"
                             : "application/cloudevents-batch+json; charset=utf-8",
                 options.events.key),
        receive_(operation(options.events, "receive",
                           fmt::format("&maxEvents={}&maxWaitTime={}", options.events.max_events, kWaitSeconds)),
                 "", options.events.key),
        acknowledge_(operation(options.events, "acknowledge"), "application/json", options.events.key),
        senders_(publishers_) {}

  std::size_t on_bytes(Stream& stream, std::span<char> bytes) override {
    std::size_t used = 0;
    while (used < bytes.size()) {
      HttpResponse response;
      std::size_t size = 0;
      const HttpScan found = next_response(bytes.subspan(used), response, size);
      if (found == HttpScan::incomplete) break;
      if (found == HttpScan::malformed) fail(stream, "malformed answer", {bytes.data() + used, bytes.size() - used});
      used += size;
      on_response(stream, response);
    }
    return used;
  }

 protected:
  void set_up() override {
    for (auto& sender : senders_) sender.stream = &engine_.open();
    const std::uint32_t receivers =
        options_.events.publish_only ? 0 : or_default(options_.subscribers, preset_.receivers);
    for (std::uint32_t r = 0; r < receivers; ++r) receivers_.push_back({.stream = &engine_.open()});
    if (!preset_.receives_meanwhile) return;
    begin_receiving();
    const auto all_sent = [&] {
      return std::all_of(receivers_.begin(), receivers_.end(), [](const Receiver& r) { return r.stream->out.empty(); });
    };
    engine_.run_until(all_sent, kSendLimit, "sending the first receive requests");
  }

  bool publish(std::uint32_t publisher, std::uint64_t due) override {
    Sender& sender = senders_[publisher];
    if (sender.under_way != 0) return false;
    // Where nobody receives meanwhile there is no window: only the answers are waited for.
    if (preset_.receives_meanwhile && due == 0 && ledger_.outstanding(publisher) + batch_ > window()) return false;
    const EventId first{publisher, send(publisher, batch_, due)};
    sender.under_way = batch_;
    unanswered_ += batch_;
    OutBuffer& out = sender.stream->out;
    if (batch_ == 1) {
      text_.write(publish_.append(out, text_.size()), first);
    } else {
      text_.write_batch(publish_.append(out, text_.batch_size(batch_)), first, batch_);
    }
    engine_.mark(*sender.stream);
    return true;
  }

  void begin_drain() override {
    if (!preset_.receives_meanwhile) begin_receiving();
  }

  std::uint64_t unanswered() const override { return unanswered_; }

  std::uint64_t completed() const override {
    return preset_.receives_meanwhile ? ledger_.acknowledged() : ledger_.sent() - unanswered_;
  }

 private:
  struct Sender {
    Stream* stream = nullptr;
    std::uint32_t under_way = 0;  // events of the request without an answer
  };

  struct Receiver {
    Stream* stream = nullptr;
    bool acknowledging = false;  // else receiving
    std::size_t count = 0;       // of the events it has to acknowledge
    std::vector<EventId> ids{};
    std::vector<std::string> tokens{};
  };

  // Room for one request at least.
  std::uint32_t window() const { return std::max(options_.flow.window, batch_); }

  void begin_receiving() {
    for (auto& receiver : receivers_) receive(receiver);
  }

  void receive(Receiver& receiver) {
    receiver.acknowledging = false;
    receive_.append(receiver.stream->out, 0);
    engine_.mark(*receiver.stream);
  }

  void on_response(Stream& stream, const HttpResponse& response) {
    if (response.status != 200) fail(stream, fmt::format("status {}", response.status), response.body);
    if (response.close) fail(stream, "an answer that ends the connection", response.body);
    if (stream.index < publishers_) {
      Sender& sender = senders_[stream.index];
      if (sender.under_way == 0) fail(stream, "an answer nobody asked for", response.body);
      unanswered_ -= sender.under_way;
      sender.under_way = 0;
      return;
    }
    Receiver& receiver = receivers_[stream.index - publishers_];
    if (receiver.acknowledging) {
      on_acknowledged(receiver, response.body);
    } else {
      on_received(receiver, response.body);
    }
  }

  void on_received(Receiver& receiver, std::string_view body) {
    if (!scan_received(body, events_)) fail(*receiver.stream, "an answer to receive without its members", body);
    if (events_.empty()) return receive(receiver);  // the wait was over
    receiver.count = events_.size();
    if (receiver.ids.size() < receiver.count) {
      receiver.ids.resize(receiver.count);
      receiver.tokens.resize(receiver.count);
    }
    for (std::size_t i = 0; i < receiver.count; ++i) {
      delivered(events_[i].id, events_[i].delivery_count);
      receiver.ids[i] = events_[i].id;
      receiver.tokens[i] = events_[i].token;
    }
    receiver.acknowledging = true;
    const std::string request = settle_body({receiver.tokens.data(), receiver.count});
    std::copy(request.begin(), request.end(), acknowledge_.append(receiver.stream->out, request.size()));
    engine_.mark(*receiver.stream);
  }

  void on_acknowledged(Receiver& receiver, std::string_view body) {
    if (!scan_settled(body, settled_)) fail(*receiver.stream, "an answer to acknowledge without its members", body);
    result_.faults.refused += settled_.failed.size();
    const auto begin = receiver.tokens.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(receiver.count);
    auto expected = begin;  // answers keep the order of the request, or else are searched
    for (const auto token : settled_.succeeded) {
      if (expected == end || *expected != token) expected = std::find(begin, end, token);
      if (expected == end) fail(*receiver.stream, "acknowledged a token that was not given", token);
      acknowledged(receiver.ids[static_cast<std::size_t>(expected - begin)]);
      ++expected;
    }
    receive(receiver);
  }

  [[noreturn]] void fail(const Stream& stream, const std::string& what, std::string_view body) const {
    constexpr std::size_t kShown = 200;
    const char* const request = stream.index < publishers_                             ? "publish"
                                : receivers_[stream.index - publishers_].acknowledging ? "acknowledge"
                                                                                       : "receive";
    throw std::runtime_error(fmt::format("{}: {}: {}", request, what, body.substr(0, kShown)));
  }

  const Preset& preset_;
  const std::uint32_t batch_;
  const HttpRequest publish_;
  const HttpRequest receive_;
  const HttpRequest acknowledge_;
  std::vector<Sender> senders_;
  std::vector<Receiver> receivers_;
  std::vector<ReceivedEvent> events_;  // of the answer at hand
  SettledTokens settled_;
  std::uint64_t unanswered_ = 0;
};

}  // namespace

Result run_http_events(const Options& options) { return HttpEvents(options).run(); }

}  // namespace trellis::bench
