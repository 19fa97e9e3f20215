// The kernel's side of an HTTP/2 connection: bytes, time, answers. What the client does is in http2_requests.cpp.
#include "http2_connection.hpp"

#include <algorithm>
#include <utility>

namespace transport_http {
namespace {

// As in HTTP/1.1: above this nothing is read until the peer takes some. The kernel tells no protocol that its output
// has left, so somebody who does not read is looked at now and then.
constexpr std::size_t kUnsentBytes = 256 * 1024;
constexpr std::chrono::milliseconds kLookAgain{20};
// For requests that were on their way when the end was announced, where the client does not answer our ping.
constexpr std::chrono::milliseconds kDrainGrace{1000};

}  // namespace

Http2Connection::Http2Connection(HttpShard& shard, trellis_connection* connection)
    : Connection(shard, connection),
      shard_(shard),
      connection_(connection),
      session_(*this, shard.settings()),
      windows_(shard.settings().buffered_bytes),
      opened_until_(after(shard.settings().head_timeout)),
      idle_until_(after(shard.settings().idle_timeout)) {
  expect(opened_until_);
}

Http2Connection::~Http2Connection() {
  closed_ = true;
  for (auto& [id, stream] : streams_) give_up(stream);
  tell_over();
}

void Http2Connection::take(std::string_view data) noexcept {
  if (closed_) return;
  const int failure = session_.receive(data);
  flooded_ = flooded_ || failure == NGHTTP2_ERR_FLOODED;
  if (failure != 0 && !flooded_) end(NGHTTP2_PROTOCOL_ERROR);
  work();
}

void Http2Connection::on_response(void* request_user, const trellis_response& response) noexcept {
  Http2Stream& stream = *static_cast<Http2Stream*>(request_user);
  --asked_;
  if (stream.gone) {
    --given_up_;
    streams_.erase(stream.id);
  } else if (!ending_ && !closed_) {
    Answer made(response);
    if (stream.kept != nullptr && std::exchange(stream.kept->stream_wanted, false)) {
      begin_stream(stream, made);
    } else {
      if (shard_.settings().gzip) made.offer_gzip(stream.gzip);
      give_up(stream);
      answer(stream, made);
    }
  }
  work();
}

void Http2Connection::answer(Http2Stream& stream, const Answer& answer) {
  const trellis::http::Response response = answer.response();
  const bool body = trellis::http::has_body(response.status) && !stream.head_only && !response.body.empty();
  stream.state = Http2Stream::State::answering;
  stream.deadline = after(shard_.settings().idle_timeout);
  if (body) stream.answer = response.body;
  answer_bytes_ += stream.answer.size();
  shard_.count_response(response.status);
  session_.respond(stream.id, response, shard_.date(), body);
  expect(stream.deadline);
}

// Everything that follows from what happened. Each turn of the loop takes requests away from those that are ready.
void Http2Connection::work() {
  if (in_work_ || closed_) return;
  in_work_ = true;
  do {
    grant_windows();
    pump();
    tell_over();
  } while (dispatch_ready());
  in_work_ = false;

  if (flooded_ && !ending_) {
    shard_.count_flood();
    end(NGHTTP2_ENHANCE_YOUR_CALM);
    pump();
  }
  if (session_.over()) return close();
  const bool pause = congested();
  if (pause != paused_) shard_.tables().connection->pause(connection_, pause);
  paused_ = pause;
  if (!pause) return output_.flows();
  const std::size_t unsent = shard_.tables().connection->unsent(connection_);
  if (!output_.stalled(unsent, shard_.now_ms(), shard_.settings().idle_timeout)) return expect(after(kLookAgain));
  shard_.count_timeout();
  close();
}

// Farewells leave even if the peer does not read: they are short.
void Http2Connection::pump() {
  while (!congested() || ending_) {
    const std::string_view out = session_.output();
    if (out.empty()) return;
    shard_.tables().connection->write(connection_, out.data(), out.size());
    output_.sent(out.size());
  }
}

void Http2Connection::grant_windows() {
  while (const auto window = windows_.next()) session_.grant(window->stream, window->bytes);
}

bool Http2Connection::may_dispatch() const noexcept {
  return !ready_.empty() && !flooded_ && !ending_ && !congested() && asked_ < shard_.settings().streams &&
         answer_bytes_ <= shard_.settings().buffered_bytes;
}

bool Http2Connection::dispatch_ready() {
  bool any = false;
  while (may_dispatch()) {
    Http2Stream* const stream = find(ready_.front());
    ready_.pop_front();
    if (stream != nullptr) dispatch(*stream);
    any = true;
  }
  return any;
}

void Http2Connection::dispatch(Http2Stream& stream) {
  stream.request.body = stream.body;
  if (const auto error = stream.request.decode(shard_.settings().limits, stream.body)) {
    shard_.count_malformed();
    return refuse(stream, *error);
  }
  if (stream.request.path == "*") {
    answer(stream, Answer::empty(204));  // OPTIONS * asks whether anybody is there
  } else {
    stream.state = Http2Stream::State::asked;
    ++asked_;
    transport_http::dispatch(shard_, connection_, stream.request, OfferedExchange(*this, &stream));
  }
  release_body(stream);
}

bool Http2Connection::congested() const noexcept {
  return shard_.tables().connection->unsent(connection_) > kUnsentBytes;
}

void Http2Connection::end(std::uint32_t error) {
  if (ending_) return;
  ending_ = true;
  session_.terminate(error);
}

void Http2Connection::close() {
  closed_ = true;
  shard_.tables().connection->close(connection_);
}

// The client has a round trip's time to hear of it: what it sends until then is still served.
void Http2Connection::on_drain() noexcept {
  if (draining_ || closed_) return;
  draining_ = true;
  tell_drain();
  if (closed_) return;
  drain_until_ = after(kDrainGrace);
  session_.announce_end();
  session_.ping();
  expect(drain_until_);
  work();
}

void Http2Connection::refuse_new_streams() {
  if (drain_until_ == kNever) return;
  drain_until_ = kNever;
  session_.refuse_new_streams();
}

void Http2Connection::on_timer() noexcept {
  if (closed_) return;
  armed_ = kNever;
  check_deadlines();
  work();
  if (!closed_) expect(next_deadline());
}

void Http2Connection::check_deadlines() {
  const std::uint64_t now = shard_.now_ms();
  if (head_until_ <= now) {
    shard_.count_timeout();
    end(NGHTTP2_NO_ERROR);
  }
  if (!settings_seen_ && opened_until_ <= now) end(NGHTTP2_NO_ERROR);
  if (live() == 0 && idle_until_ <= now) end(NGHTTP2_NO_ERROR);
  if (drain_until_ <= now) refuse_new_streams();
  for (auto& [id, stream] : streams_) {
    if (stream.deadline != 0 && stream.deadline <= now) check_deadline(stream);
  }
}

void Http2Connection::check_deadline(Http2Stream& stream) {
  stream.deadline = 0;
  const bool answered = stream.state == Http2Stream::State::answering && stream.sent == stream.answer.size();
  if (answered) return session_.reset(stream.id, NGHTTP2_NO_ERROR);
  shard_.count_timeout();
  if (stream.state == Http2Stream::State::body) return refuse(stream, {408, "the request did not arrive in time"});
  session_.reset(stream.id, NGHTTP2_CANCEL);
}

std::uint64_t Http2Connection::next_deadline() const noexcept {
  std::uint64_t next = std::min(head_until_, drain_until_);
  if (!settings_seen_) next = std::min(next, opened_until_);
  if (live() == 0) next = std::min(next, idle_until_);
  for (const auto& [id, stream] : streams_) {
    if (stream.deadline != 0) next = std::min(next, stream.deadline);
  }
  return next;
}

// The timer is only ever set to an earlier time. When it fires and nothing is due, because what it was set for went on,
// the next time is looked up: cheaper than to move it with every frame.
void Http2Connection::expect(std::uint64_t deadline) {
  if (deadline >= armed_) return;
  armed_ = deadline;
  const std::uint64_t now = shard_.now_ms();
  shard_.tables().connection->set_timer(connection_, deadline > now ? deadline - now : 1);
}

std::uint64_t Http2Connection::after(std::chrono::milliseconds time) const noexcept {
  return shard_.now_ms() + static_cast<std::uint64_t>(time.count());
}

}  // namespace transport_http
