// The same work for a NATS server: asynchronous publishes into a JetStream stream, a pull consumer, explicit
// acknowledgements.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "event_run.hpp"
#include "events.hpp"
#include "nats.hpp"

namespace trellis::bench {
namespace {

constexpr std::uint32_t kPublishers = 4;
constexpr std::uint32_t kReceivers = 4;
constexpr std::uint32_t kBatch = 100;
constexpr std::uint32_t kMailbox = 1;  // the one subscription each connection has
constexpr std::chrono::seconds kAnswerLimit{5};
constexpr unsigned kNoRoom = 409, kNoMessages = 404, kTimedOut = 408;

// One node, files, no limits that the load could meet before the server's own cost does.
constexpr std::string_view kStream =
    R"({"name":"bench","subjects":["bench.*"],"retention":"limits","storage":"file","discard":"old","num_replicas":1,)"
    R"("max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,"max_msg_size":-1,"duplicate_window":120000000000})";
constexpr std::string_view kConsumer =
    R"({"stream_name":"bench","config":{"durable_name":"all","deliver_policy":"all","ack_policy":"explicit",)"
    R"("ack_wait":60000000000,"max_deliver":10,"max_ack_pending":-1,"replay_policy":"instant"}})";

std::uint32_t or_default(std::uint32_t given, std::uint32_t preset) { return given != 0 ? given : preset; }

/// Streams: publishers first, receivers behind them, and one that asks the server about itself.
class NatsEvents final : public EventRun {
 public:
  explicit NatsEvents(const Options& options)
      : EventRun(options, or_default(options.publishers, kPublishers)),
        receivers_(or_default(options.subscribers, kReceivers)),
        batch_(or_default(options.events.batch, kBatch)),
        window_(std::max(options.flow.window, batch_)),
        pull_(fmt::format(R"({{"batch":{},"expires":30000000000}})", options.events.max_events)) {}

  std::size_t on_bytes(Stream& stream, std::span<char> bytes) override {
    const std::string_view text(bytes.data(), bytes.size());
    std::size_t used = 0;
    while (used < text.size()) {
      NatsMessage message;
      std::size_t size = 0;
      const NatsScan found = next_nats(text.substr(used), message, size);
      if (found == NatsScan::incomplete) break;
      if (found == NatsScan::malformed) fail("malformed", text.substr(used));
      used += size;
      on_message(stream, message);
    }
    return used;
  }

 protected:
  void set_up() override {
    const std::uint32_t count = publishers_ + receivers_ + 1;
    for (std::uint32_t i = 0; i < count; ++i) streams_.push_back(&engine_.open());
    engine_.run_until([&] { return greeted_ == count; }, kAnswerLimit, "nats: waiting for PONG");
    inbox_ = fmt::format("_INBOX.{}", now_ns());
    for (auto* stream : streams_) {
      append_nats_sub(stream->out, fmt::format("{}.{}.*", inbox_, stream->index), kMailbox);
    }
    ask("$JS.API.STREAM.CREATE.bench", kStream);
    ask("$JS.API.CONSUMER.DURABLE.CREATE.bench.all", kConsumer);
    wanted_.assign(receivers_, 0);
    for (std::uint32_t r = 0; r < receivers_; ++r) pull(*streams_[publishers_ + r]);
    for (auto* stream : streams_) engine_.mark(*stream);
  }

  bool publish(std::uint32_t publisher, std::uint64_t /*due*/) override {
    if (ledger_.outstanding(publisher) + batch_ > window_) return false;
    Stream& stream = *streams_[publisher];
    const std::uint32_t first = send(publisher, batch_, 0);
    for (std::uint32_t i = 0; i < batch_; ++i) {
      reply_.clear();
      fmt::format_to(std::back_inserter(reply_), "{}.{}.{}", inbox_, publisher, first + i);
      text_.write(append_nats_pub(stream.out, "bench.events", reply_, text_.size()), {publisher, first + i});
    }
    unanswered_ += batch_;
    engine_.mark(stream);
    return true;
  }

  std::uint64_t unanswered() const override { return unanswered_; }

  // An acknowledgement has no answer, so the server is asked what has become of them.
  void verify() override {
    std::uint64_t left = 1;
    for (int tries = 0; left != 0 && tries < 50; ++tries) {
      const std::string info = ask("$JS.API.CONSUMER.INFO.bench.all", "");
      left = nats_number(info, "num_ack_pending") + nats_number(info, "num_pending");
    }
    result_.faults.refused += left;
  }

 private:
  void on_message(Stream& stream, const NatsMessage& message) {
    switch (message.op) {
      case NatsOp::info:
        append_nats_connect(stream.out);
        return engine_.mark(stream);
      case NatsOp::ping:
        append_nats_pong(stream.out);
        return engine_.mark(stream);
      case NatsOp::pong:
        ++greeted_;
        return;
      case NatsOp::error:
        fail("refused", message.payload);
      case NatsOp::ok:
        return;
      case NatsOp::message:
        break;
    }
    if (stream.index < publishers_) {
      on_stored(message);
    } else if (stream.index < publishers_ + receivers_) {
      on_delivered(stream, message);
    } else {
      answer_ = message.payload;
      answered_ = true;
    }
  }

  // {"stream":"bench","seq":1}
  void on_stored(const NatsMessage& message) {
    const bool stored = message.status == 0 && message.payload.find(R"("seq":)") != std::string_view::npos &&
                        message.payload.find(R"("error":)") == std::string_view::npos;
    if (!stored) fail("publish", message.payload);
    --unanswered_;
  }

  void on_delivered(Stream& stream, const NatsMessage& message) {
    if (message.status != 0) {
      if (message.status != kTimedOut && message.status != kNoMessages) {
        fail(message.status == kNoRoom ? "pull ended" : "pull", std::to_string(message.status));
      }
      return pull(stream);
    }
    EventId id;
    const unsigned count = delivery_count_of(message.reply);
    if (count == 0 || !scan_event(message.payload, id)) fail("delivery", message.reply);
    delivered(id, count);
    append_nats_pub(stream.out, message.reply, "", "+ACK");
    acknowledged(id);
    engine_.mark(stream);
    if (--wanted_[stream.index - publishers_] == 0) pull(stream);
  }

  void pull(Stream& stream) {
    wanted_[stream.index - publishers_] = options_.events.max_events;
    append_nats_pub(stream.out, "$JS.API.CONSUMER.MSG.NEXT.bench.all", fmt::format("{}.{}.n", inbox_, stream.index),
                    pull_);
    engine_.mark(stream);
  }

  std::string ask(std::string_view subject, std::string_view body) {
    Stream& stream = *streams_.back();
    answered_ = false;
    append_nats_pub(stream.out, subject, fmt::format("{}.{}.a", inbox_, stream.index), body);
    engine_.mark(stream);
    engine_.run_until([&] { return answered_; }, kAnswerLimit, "nats: " + std::string(subject));
    if (answer_.find(R"("error":)") != std::string::npos) fail(subject, answer_);
    return answer_;
  }

  [[noreturn]] static void fail(std::string_view what, std::string_view said) {
    constexpr std::size_t kShown = 200;
    throw std::runtime_error(fmt::format("nats: {}: {}", what, said.substr(0, kShown)));
  }

  const std::uint32_t receivers_;
  const std::uint32_t batch_;
  const std::uint32_t window_;
  const std::string pull_;
  std::vector<Stream*> streams_;
  std::vector<std::uint32_t> wanted_;  // what is left of each receiver's pull
  std::string inbox_;
  std::string reply_;
  std::string answer_;
  bool answered_ = false;
  std::uint32_t greeted_ = 0;
  std::uint64_t unanswered_ = 0;
};

}  // namespace

Result run_nats_events(const Options& options) {
  if (options.scenario != "events-pull") {
    throw std::runtime_error("no scenario '" + options.scenario + "' with --wire nats; --help lists them");
  }
  return NatsEvents(options).run();
}

}  // namespace trellis::bench
