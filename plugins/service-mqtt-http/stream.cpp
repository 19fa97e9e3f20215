#include "stream.hpp"

#include <algorithm>
#include <utility>

#include "draft.hpp"
#include "event_text.hpp"
#include "query.hpp"

namespace mqtt_http {
namespace {

/// Of retained messages no more are fetched while the reader has not taken what it has.
constexpr std::uint64_t kHoldMs = 50;

std::optional<Problem> read_wanted(const trellis::Request& request, const Settings& settings, Stream::Wanted& wanted) {
  Query query;
  if (auto problem =
          Query::read(request.query(), {"topicFilter", "qos", "retained", "maxEvents"}, "topicFilter", query))
    return problem;
  wanted.filters = query.all("topicFilter");
  if (wanted.filters.empty())
    return bad_request("the query parameter is missing: /subscribe?topicFilter=<filter>", "topicFilter");
  if (wanted.filters.size() > settings.stream_filters)
    return bad_request("more than " + std::to_string(settings.stream_filters) + " filters", "topicFilter");
  for (const std::string& filter : wanted.filters) {
    if (auto problem = check_filter(filter, settings.limits)) return problem;
  }
  std::size_t number = 0;
  if (auto problem = query.number("qos", 0, 1, 0, number)) return problem;
  wanted.qos = static_cast<std::uint32_t>(number);
  if (auto problem = query.number("retained", 0, 1, 1, number)) return problem;
  wanted.retained = number == 1;
  if (auto problem = query.number("maxEvents", 1, SIZE_MAX, 0, number); problem && query.find("maxEvents"))
    return problem;
  wanted.events = number;
  wanted.last_id = request.header("last-event-id");
  return std::nullopt;
}

}  // namespace

void subscribe(const std::shared_ptr<Call>& call, const trellis::Request& request) {
  Stream::Wanted wanted;
  const auto problem = read_wanted(request, call->here().settings(), wanted);
  call->with_client(request, [problem, wanted](Call& known, const Caller& caller) {
    if (problem) return known.refuse(*problem);
    Stream::begin(known, caller, wanted);
  });
}

void Stream::begin(Call& call, const Caller& caller, const Wanted& wanted) {
  Here& here = call.here();
  if (here.draining()) return call.refuse({503, "the broker stops", {}});
  Place place = Place::take(here.streams, here.settings().streams);
  if (!place) return call.refuse({503, "as many streams are open as may be", {}});
  if (caller.limits.subscriptions != 0 && wanted.filters.size() > caller.limits.subscriptions)
    return call.refuse(subscribe_problem(TRELLIS_QUOTA, wanted.filters.back()));
  auto made = std::make_unique<Stream>(call, std::move(place), caller, wanted);
  trellis_status status = made->open(call, caller, true);
  if (status != TRELLIS_OK) return call.refuse(subscribe_problem(status, {}));
  for (const std::string& filter : wanted.filters) {
    status = made->subscribe(filter, wanted.qos,
                             wanted.retained ? std::uint32_t{TRELLIS_SUBSCRIBE_RETAINED} : std::uint32_t{0});
    if (status != TRELLIS_OK) return call.refuse(subscribe_problem(status, filter));
  }
  std::string first = ": stream " + made->name_ + "\n\n";
  if (!wanted.last_id.empty())
    append_event(first, {}, "missed", R"({"reason":"what came since the stream before ended is not kept"})");
  trellis::Response head{.body = first, .content_type = "text/event-stream"};
  head.headers = {{"cache-control", "no-store"}, {"x-accel-buffering", "no"}};
  Stream& stream = *made;
  call.set_work(std::move(made));
  if (!call.stream(head)) return;
  stream.open_ = true;
  here.add(stream);
}

Stream::Stream(Call& call, Place place, const Caller& caller, const Wanted& wanted)
    : Receiver(call.here()),
      call_(call.weak_from_this()),
      exchange_(call.exchange()),
      place_(std::move(place)),
      name_(random_text().substr(0, 16)),
      events_left_(wanted.events),
      expires_at_ms_(caller.expires_at_ms),
      written_(call.here().shard().now()),
      taken_(written_) {
  here().metrics().streams.add(here().shard());
}

Stream::~Stream() {
  here().remove(*this);
  here().metrics().streams.add(here().shard(), -1);
}

bool Stream::on_message(const trellis_delivery& delivery) {
  if (over_ || !open_) return false;
  text_.clear();
  const std::size_t unsent = exchange_.unsent();
  const std::size_t most = here().settings().stream_bytes;
  // Its text is never shorter: who is too slow for it costs no more than this.
  if (unsent + delivery.message->payload.size > most) return drop();
  std::string data;
  append_message(data, *delivery.message, delivery.qos, (delivery.flags & TRELLIS_DELIVERY_RETAIN) != 0,
                 here().shard().wall().count());
  if (dropped_ > 0) tell_dropped();
  append_event(text_, name_ + "-" + std::to_string(last_ + 1), {}, data);
  if (unsent + text_.size() > most) return drop();
  dropped_ = 0;
  ++last_;
  here().metrics().events.add(here().shard());
  write(text_);
  if (events_left_ != 0 && --events_left_ == 0) {
    end("maxEvents");
  } else if (unsent + text_.size() > most / 2 && replaying()) {
    hold(kHoldMs);
  }
  return true;
}

bool Stream::drop() {
  ++dropped_;
  here().metrics().dropped.add(here().shard());
  return false;
}

void Stream::tell_dropped() { append_event(text_, {}, "dropped", R"({"count":)" + std::to_string(dropped_) + "}"); }

// The exchange may end within.
bool Stream::write(std::string_view text) {
  written_ = here().shard().now();
  bytes_ += text.size();
  exchange_.write(text);
  return !over_;
}

void Stream::tick() {
  const auto call = call_.lock();
  if (over_ || call == nullptr) return;
  const auto now = here().shard().now();
  if (expires_at_ms_ != 0 && here().shard().wall().count() >= expires_at_ms_)
    return end("the client's right to be connected is over");
  if (!complete()) return end("the client may not subscribe to that any more");
  const std::size_t unsent = exchange_.unsent();
  if (stalled(unsent)) return end("nothing was taken for too long");
  text_.clear();
  if (dropped_ > 0 && unsent + 64 <= here().settings().stream_bytes) {
    tell_dropped();
    dropped_ = 0;
    write(text_);
  } else if (now - written_ >= here().settings().heartbeat && unsent < here().settings().stream_bytes) {
    write(kHeartbeat);
  }
}

bool Stream::stalled(std::size_t unsent) {
  const auto now = here().shard().now();
  const std::uint64_t taken = bytes_ - std::min<std::uint64_t>(bytes_, unsent);
  if (unsent == 0 || taken > bytes_taken_) {
    bytes_taken_ = std::max(taken, bytes_taken_);
    taken_ = now;
  }
  return now - taken_ >= here().settings().stalled;
}

// The subscriber goes with the work, in the next turn: this may be within what it delivers.
void Stream::end(std::string_view reason) {
  const auto call = call_.lock();
  if (over_ || !open_ || call == nullptr) return;
  std::string text;
  if (dropped_ > 0) append_event(text, {}, "dropped", R"({"count":)" + std::to_string(dropped_) + "}");
  std::string data = R"({"reason":)";
  append_json_text(data, reason);
  append_event(text, {}, "end", data + "}");
  if (!write(text)) return;
  over_ = true;
  call->finish();
}

}  // namespace mqtt_http
