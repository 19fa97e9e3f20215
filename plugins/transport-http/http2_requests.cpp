// The client's side of an HTTP/2 connection: what the session tells of its frames.
#include <algorithm>
#include <utility>

#include "common/http/content_coding.hpp"
#include "http2_connection.hpp"

namespace transport_http {

using trellis::http::ParseError;
using State = Http2Stream::State;

namespace {

// Fields beyond the limits of a head still have to be decompressed, and a few bytes may stand for kilobytes. This much
// is put up with before the connection ends.
constexpr std::size_t kFieldBytes = 64 * 1024;
constexpr std::size_t kFieldFactor = 4;
constexpr std::chrono::milliseconds kResetGrace{1000};

}  // namespace

Http2Stream* Http2Connection::find(std::int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

bool Http2Connection::calm(bool allowed) {
  flooded_ = flooded_ || !allowed;
  return !flooded_;
}

bool Http2Connection::on_frame_begin(const nghttp2_frame_hd& frame) {
  if (frame.type != NGHTTP2_CONTINUATION) head_until_ = kNever;
  return calm(guard_.frame(frame.type, frame.flags, frame.length, shard_.now_ms()));
}

bool Http2Connection::on_frame(const nghttp2_frame& frame) {
  const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  const bool ack = (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0;
  head_until_ = kNever;
  if (frame.hd.type == NGHTTP2_SETTINGS && !ack) settings_seen_ = true;
  if (frame.hd.type == NGHTTP2_PING && ack) refuse_new_streams();
  if (frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    if (Http2Stream* const stream = find(frame.hd.stream_id)) on_head(*stream, !last);
  }
  if (frame.hd.type == NGHTTP2_DATA && !last && frame.hd.length == frame.data.padlen) {
    if (!calm(guard_.empty_data(shard_.now_ms()))) return false;
  }
  if (last && (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA)) on_request_end(frame.hd.stream_id);
  return true;
}

void Http2Connection::on_head_begin(std::int32_t id, bool request) {
  if (request) streams_.try_emplace(id, id, shard_.settings().limits);
  head_stream_ = id;
  head_until_ = after(shard_.settings().head_timeout);
  expect(head_until_);
}

bool Http2Connection::on_field(std::int32_t id, std::string_view name, std::string_view value, bool well_formed) {
  Http2Stream* const stream = find(id);
  if (stream == nullptr) return true;
  Http2Head& head = stream->head;
  if (stream->state != State::head) {
    head.add_trailer(name, value);
  } else if (well_formed) {
    head.add(name, value);
  } else {
    head.add_malformed();
  }
  if (stream->state == State::body && head.error()) {
    shard_.count_malformed();
    refuse(*stream, *head.error());
  }
  return calm(head.bytes() <= kFieldBytes + kFieldFactor * shard_.settings().limits.head_bytes);
}

void Http2Connection::on_head(Http2Stream& stream, bool body_follows) {
  const auto error = stream.head.finish(stream.request);
  stream.head_only = stream.request.method == "HEAD";
  stream.gzip = trellis::http::wants_gzip(stream.request);
  if (error) {
    shard_.count_malformed();
    return refuse(stream, *error);
  }
  if (body_follows) wait_for_body(stream);
}

void Http2Connection::wait_for_body(Http2Stream& stream) {
  const trellis::http::Limits& limits = shard_.settings().limits;
  stream.state = State::body;
  stream.deadline = after(shard_.settings().body_timeout);
  expect(stream.deadline);
  // One byte above the limit shows that a body of unknown length is too large.
  const std::uint64_t expected = stream.request.content_length.value_or(limits.body_bytes + 1);
  if (expected > Http2Session::kFirstWindow) windows_.want(stream.id, static_cast<std::size_t>(expected));
  if (stream.request.expects_continue) session_.send_continue(stream.id);
}

void Http2Connection::on_data(std::int32_t id, std::string_view data) {
  session_.consumed(data.size());
  Http2Stream* const stream = find(id);
  if (stream == nullptr || stream->state != State::body) return;
  if (data.size() > shard_.settings().limits.body_bytes - stream->body.size()) {
    shard_.count_malformed();
    return refuse(*stream, {413, "the body is too large"});
  }
  stream->body.append(data);
  if (!stream->held.set(shard_, stream->body.size())) refuse(*stream, {503, "too many requests are unfinished"});
}

void Http2Connection::on_request_end(std::int32_t id) {
  Http2Stream* const stream = find(id);
  if (stream == nullptr) return;
  stream->complete = true;
  if (stream->state != State::head && stream->state != State::body) return;
  stream->state = State::ready;
  stream->deadline = 0;
  ready_.push_back(id);
}

void Http2Connection::refuse(Http2Stream& stream, const ParseError& error) {
  answer(stream, Answer::error(error));
  release_body(stream);
}

void Http2Connection::release_body(Http2Stream& stream) {
  windows_.release(stream.id);
  stream.request = {};
  stream.body = std::string();
  stream.held.clear();
  stream.head.forget();
}

std::optional<std::size_t> Http2Connection::read_body(std::int32_t id, std::span<std::uint8_t> room, bool& last) {
  Http2Stream* const stream = find(id);
  last = true;
  if (stream == nullptr) return 0;
  const std::size_t size = std::min(room.size(), stream->answer.size() - stream->sent);
  std::copy_n(stream->answer.begin() + static_cast<std::ptrdiff_t>(stream->sent), size, room.begin());
  stream->sent += size;
  stream->deadline = after(shard_.settings().idle_timeout);
  answer_bytes_ -= size;
  const bool all = stream->sent == stream->answer.size();
  last = all && !stream->streams;
  if (all && stream->streams) {
    stream->answer.clear();
    stream->sent = 0;
    stream->deadline = 0;  // the client owes nothing
  }
  return size;
}

void Http2Connection::on_sent(const nghttp2_frame& frame) {
  const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (frame.hd.type == NGHTTP2_DATA) guard_.data_sent();
  if (last && (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS)) {
    if (Http2Stream* const stream = find(frame.hd.stream_id)) on_answered(*stream);
  }
  if (frame.hd.type == NGHTTP2_RST_STREAM && frame.rst_stream.error_code != NGHTTP2_NO_ERROR) {
    calm(guard_.fault(shard_.now_ms()));
    if (frame.rst_stream.error_code == NGHTTP2_PROTOCOL_ERROR) shard_.count_malformed();
  }
  if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR && !flooded_) {
    shard_.count_malformed();
  }
}

// Who was answered before the request was all there is told to keep the rest (RFC 9113, 8.1), after a moment: clients
// that meet the reset in one read with the answer, among them curl and Node.js, tell of the reset only.
void Http2Connection::on_answered(Http2Stream& stream) {
  if (stream.complete) return;
  stream.deadline = after(kResetGrace);
  expect(stream.deadline);
}

void Http2Connection::on_stream_end(std::int32_t id, std::uint32_t) {
  if (id == head_stream_) head_until_ = kNever;  // reset for its fields, whose end is not told then
  Http2Stream* const stream = find(id);
  if (stream == nullptr) return;
  answer_bytes_ -= stream->answer.size() - stream->sent;
  if (stream->kept != nullptr) give_up(*stream);
  if (stream->state == State::asked) {  // its service still answers to the stream's address
    stream->gone = true;
    ++given_up_;
  } else {
    if (stream->state == State::ready) std::erase(ready_, id);
    windows_.release(id);
    streams_.erase(id);
  }
  if (live() > 0) return;
  idle_until_ = after(shard_.settings().idle_timeout);
  expect(idle_until_);
}

}  // namespace transport_http
