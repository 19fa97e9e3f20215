// Calls become streams. What comes back on them is in client_http2_frames.cpp.
#include "client_http2.hpp"

#include <algorithm>
#include <utility>

#include "client_connection.hpp"
#include "client_pool.hpp"

namespace trellis::http {
namespace {

using std::chrono::milliseconds;

// A server that was silent for the one, while a call was given up, has the other to say that it is there.
constexpr milliseconds kSilence{1000};
constexpr milliseconds kAnswerToPing{5000};
constexpr milliseconds kSoon{1};

std::string reset_text(std::uint32_t error) {
  return std::string("the server reset the stream: ") + nghttp2_http2_strerror(error);
}

}  // namespace

Http2Carrier::Http2Carrier(ClientConnection& connection)
    : connection_(connection), session_(*this, connection.pool()->settings()), heard_(connection.shard().now()) {
  flush();
}

// Until the server's settings came there is one: it may want no more.
std::size_t Http2Carrier::room() const noexcept {
  const ClientSettings& settings = connection_.pool()->settings();
  const bool full = !streams_.empty() && body_bytes_ >= settings.stream_bytes;
  if (leaving_ || flooded_ || asked_ || full || !session_.goes_on()) return 0;
  const std::size_t most = settings_seen_ ? std::min(session_.most_streams(), settings.streams) : 1;
  return most > streams_.size() ? most - streams_.size() : 0;
}

void Http2Carrier::carry(ClientCall& call) {
  connection_.set_timer({});
  const ClientSettings& settings = connection_.pool()->settings();
  const bool head_only = call.request.method == "HEAD";
  Stream stream{&call, StreamAnswer(limits_of(settings, call), head_only), 0, connection_.shard().now()};
  ++count_;
  body_bytes_ += call.request.body.size();
  call.stream = session_.request(call, settings.user_agent);
  if (call.stream > 0) {
    call.sent = true;
    streams_.emplace(call.stream, std::move(stream));
  } else {
    note(stream, End::returned);
  }
  flush();
}

// Where nothing at all came since the call was sent, the connection may be dead, for the others as well. Nothing new
// goes there until it is known that it is not.
void Http2Carrier::give_up(ClientCall& call) {
  if (Stream* const stream = find(call.stream); stream != nullptr && stream->call == &call) {
    release(*stream);
    session_.reset(call.stream, NGHTTP2_CANCEL);
    const bool silent = heard_ <= stream->begun_at && connection_.shard().now() - heard_ >= kSilence;
    if (silent && !asked_) {
      asked_ = true;
      session_.ping();
      connection_.set_timer(kAnswerToPing);
    }
    return flush();
  }
  const auto told = std::ranges::find(ended_, &call, &Ended::call);
  if (told == ended_.end()) return;
  --count_;
  body_bytes_ -= call.request.body.size();
  ended_.erase(told);
}

std::vector<ClientCall*> Http2Carrier::calls() const {
  std::vector<ClientCall*> all;
  for (const auto& [id, stream] : streams_) {
    if (stream.call != nullptr) all.push_back(stream.call);
  }
  for (const Ended& one : ended_) all.push_back(one.call);
  return all;
}

const Http2Carrier::Stream* Http2Carrier::stream_of(const ClientCall& call) const noexcept {
  const auto found = streams_.find(call.stream);
  return found == streams_.end() ? nullptr : &found->second;
}

bool Http2Carrier::answering(const ClientCall& call) const noexcept {
  const Stream* const stream = stream_of(call);
  return stream == nullptr || stream->answer.begun();
}

ClientResponse Http2Carrier::take_so_far(const ClientCall& call) {
  Stream* const stream = find(call.stream);
  if (stream != nullptr && stream->call == &call) return stream->answer.take(call.request.url);
  const auto told = std::ranges::find(ended_, &call, &Ended::call);
  return told == ended_.end() ? ClientResponse() : told->answer.take(call.request.url);
}

bool Http2Carrier::sending(const ClientCall& call) const noexcept {
  const Stream* const stream = stream_of(call);
  return stream != nullptr && (stream->sent < call.request.body.size() || connection_.unsent() > 0);
}

milliseconds Http2Carrier::rest_time() const noexcept {
  const bool over = leaving_ || flooded_ || asked_ || !session_.goes_on();
  return over ? milliseconds(0) : connection_.pool()->settings().idle_timeout;
}

void Http2Carrier::take(std::string_view bytes) noexcept {
  heard_ = connection_.shard().now();
  if (std::exchange(asked_, false)) {
    changed_ = true;
    connection_.set_timer({});
  }
  taking_ = true;
  const int failure = session_.receive(bytes);
  flush();
  taking_ = false;
  if (flooded_ || failure != 0) {  // nghttp2 has limits of its own
    session_.terminate(NGHTTP2_ENHANCE_YOUR_CALM);
    flush();
    return end(Failure::malformed, "the server sends too many frames that carry no answer");
  }
  report();
  if (connection_.pool() == nullptr) return;
  const bool over = session_.over();
  if (over && count_ > 0) return end(Failure::malformed, "what came is not HTTP/2");
  changed_ = changed_ || over;
  if (leaving_ && !connection_.retired) return connection_.pool()->retired(connection_);
  if (std::exchange(changed_, false)) connection_.pool()->changed(connection_);
}

void Http2Carrier::on_timer() noexcept {
  if (asked_) return end(Failure::closed, "the server is silent, and answers no ping");
  report();
}

void Http2Carrier::on_let_go() noexcept {
  session_.terminate(NGHTTP2_NO_ERROR);
  flush();
}

void Http2Carrier::end(Failure failure, std::string_view why) { connection_.pool()->broken(connection_, failure, why); }

// Whatever is sent may end streams: a stream's end that was found here is told by report(), soon if not at once.
void Http2Carrier::flush() {
  for (std::string_view out = session_.output(); !out.empty(); out = session_.output()) connection_.write(out);
  if (!ended_.empty() && !taking_ && !asked_) connection_.set_timer(kSoon);
}

// What the pool does with it may lead back into carry() and give_up(), and end in the connection being let go.
void Http2Carrier::report() {
  while (!ended_.empty() && connection_.pool() != nullptr) {
    Ended one = std::move(ended_.front());
    ended_.pop_front();
    tell(one);
  }
}

void Http2Carrier::tell(Ended& ended) {
  ClientPool& pool = *connection_.pool();
  ClientCall& call = *ended.call;
  --count_;
  body_bytes_ -= call.request.body.size();
  switch (ended.how) {
    case End::answered:
      return pool.answered(connection_, call, ended.answer.take(call.request.url));
    case End::misunderstood:
      return pool.misunderstood(call, *ended.answer.error(), ended.answer.take(call.request.url));
    case End::returned:
      return pool.returned(call, "the server takes no more requests now");
    case End::reset:
      return pool.failed(call, reset_text(ended.error), ended.answer.take(call.request.url));
  }
}

}  // namespace trellis::http
