// Publishing over HTTP, and endpoints the broker posts the events to: one thread is both.
#include <fmt/format.h>

#include <stdexcept>

#include "event_run.hpp"
#include "events.hpp"
#include "http.hpp"

namespace trellis::bench {
namespace {

constexpr std::uint32_t kPublishers = 4;
constexpr std::uint32_t kBatch = 100;
constexpr std::string_view kStalls = "/stalls";  // an endpoint that takes what comes and never answers
constexpr std::string_view kTaken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

std::uint32_t or_default(std::uint32_t given, std::uint32_t preset) { return given != 0 ? given : preset; }

class PushedEvents final : public EventRun {
 public:
  explicit PushedEvents(const Options& options)
      : EventRun(options, or_default(options.publishers, kPublishers)),
        batch_(or_default(options.events.batch, kBatch)),
        publish_(fmt::format("/topics/{}:publish?api-version=2024-06-01", options.events.topic),
                 batch_ == 1 ? "application/cloudevents+json; charset=utf-8"
                             : "application/cloudevents-batch+json; charset=utf-8",
                 options.events.key),
        senders_(publishers_),
        copies_(publishers_) {}

  std::size_t on_bytes(Stream& stream, std::span<char> bytes) override {
    return stream.accepted ? take_requests(stream, {bytes.data(), bytes.size()}) : take_answers(stream, bytes);
  }

 protected:
  void set_up() override {
    engine_.listen(options_.events.sink);
    for (auto& sender : senders_) {
      sender.stream = &engine_.open();
      by_stream_.resize(sender.stream->index + 1);
      by_stream_[sender.stream->index] = &sender;
    }
  }

  bool publish(std::uint32_t publisher, std::uint64_t due) override {
    Sender& sender = senders_[publisher];
    if (sender.under_way != 0) return false;
    const std::uint32_t window = std::max(options_.flow.window, batch_);
    if (due == 0 && ledger_.outstanding(publisher) + batch_ > window) return false;
    const EventId first{publisher, send(publisher, batch_, due)};
    copies_[publisher].resize(first.sequence + batch_);
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

  std::uint64_t unanswered() const override { return unanswered_; }
  std::uint64_t completed() const override { return arrived_; }

 private:
  struct Sender {
    Stream* stream = nullptr;
    std::uint32_t under_way = 0;  // events of the request without an answer
  };

  std::size_t take_answers(Stream& stream, std::span<char> bytes) {
    std::size_t used = 0;
    while (used < bytes.size()) {
      HttpResponse response;
      std::size_t size = 0;
      const HttpScan found = next_response(bytes.subspan(used), response, size);
      if (found == HttpScan::incomplete) break;
      if (found == HttpScan::malformed || response.status != 200)
        throw std::runtime_error(fmt::format("publish: status {}: {}", response.status, response.body));
      used += size;
      Sender& sender = *by_stream_.at(stream.index);
      unanswered_ -= sender.under_way;
      sender.under_way = 0;
    }
    return used;
  }

  std::size_t take_requests(Stream& stream, std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size()) {
      HttpCall call;
      std::size_t size = 0;
      const HttpScan found = next_request(bytes.substr(used), call, size);
      if (found == HttpScan::incomplete) break;
      if (found == HttpScan::malformed || (!call.path.starts_with(kStalls) && !take_events(call.body)))
        throw std::runtime_error(fmt::format("this is no delivery: {}", bytes.substr(used, 200)));
      used += size;
      if (call.path.starts_with(kStalls)) continue;
      std::copy(kTaken.begin(), kTaken.end(), stream.out.extend(kTaken.size()));
      engine_.mark(stream);
    }
    return used;
  }

  // One event, or a list of them: each has the size it was published with.
  bool take_events(std::string_view body) {
    if (!body.starts_with('[')) return take_event(body);
    const std::size_t step = text_.size() + 1;
    if ((body.size() - 1) % step != 0) return false;
    for (std::size_t at = 1; at < body.size(); at += step) {
      if (!take_event(body.substr(at, text_.size()))) return false;
    }
    return true;
  }

  bool take_event(std::string_view event) {
    EventId id;
    if (event.size() != text_.size() || !scan_event(event, id)) return false;
    ++arrived_;
    if (id.publisher >= publishers_ || id.sequence >= copies_[id.publisher].size()) {
      ++result_.faults.misrouted;
      return true;
    }
    const std::uint32_t copy = ++copies_[id.publisher][id.sequence];
    if (copy == 1) {
      delivered(id, 1);
    } else if (copy <= options_.events.copies) {
      record(id);
    } else {
      ++result_.faults.duplicated;
    }
    if (copy == options_.events.copies) acknowledged(id);
    return true;
  }

  const std::uint32_t batch_;
  const HttpRequest publish_;
  std::vector<Sender> senders_;
  std::vector<Sender*> by_stream_;
  std::vector<std::vector<std::uint32_t>> copies_;  // of each event that came, by publisher
  std::uint64_t unanswered_ = 0;
  std::uint64_t arrived_ = 0;
};

}  // namespace

Result run_pushed_events(const Options& options) { return PushedEvents(options).run(); }

}  // namespace trellis::bench
