// What the session tells of frames on a client's connection. It is noted here; the pool hears of it by report().
#include <algorithm>
#include <utility>

#include "client_connection.hpp"
#include "client_http2.hpp"
#include "client_pool.hpp"

namespace trellis::http {
namespace {

// Fields beyond the limit of a head still have to be decompressed, and a few bytes may stand for kilobytes. This much
// is put up with before the connection ends.
constexpr std::size_t kFieldFactor = 4;

}  // namespace

Http2Carrier::Stream* Http2Carrier::find(std::int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

std::uint64_t Http2Carrier::now_ms() const noexcept {
  return static_cast<std::uint64_t>(connection_.shard().now().count());
}

bool Http2Carrier::calm(bool allowed) {
  flooded_ = flooded_ || !allowed;
  return !flooded_;
}

// What ends one of our streams, or carries some of its answer, is bounded by what was asked.
bool Http2Carrier::on_frame_begin(const nghttp2_frame_hd& frame) {
  const bool ours = streams_.contains(frame.stream_id);
  if (ours && frame.type == NGHTTP2_RST_STREAM) return true;
  const bool carries = frame.type == NGHTTP2_DATA || frame.type == NGHTTP2_HEADERS;
  if (!ours && carries) return calm(guard_.empty_data(now_ms()));
  return calm(guard_.frame(frame.type, frame.flags, frame.length, now_ms()));
}

bool Http2Carrier::on_frame(const nghttp2_frame& frame) {
  const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (frame.hd.type == NGHTTP2_SETTINGS && (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) {
    settings_seen_ = true;
    changed_ = true;
  }
  if (frame.hd.type == NGHTTP2_GOAWAY) on_goaway(frame.goaway);
  Stream* const stream = find(frame.hd.stream_id);
  if (stream == nullptr || stream->call == nullptr) return true;
  if (frame.hd.type == NGHTTP2_HEADERS) stream->answer.end_head();
  if (frame.hd.type == NGHTTP2_DATA && !last && frame.hd.length == frame.data.padlen) {
    if (!calm(guard_.empty_data(now_ms()))) return false;
  }
  if (last && (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA)) {
    stream->answer.finish();
    if (!stream->answer.error()) {
      // Who is answered before all of it was sent keeps the rest.
      if (stream->sent < stream->call->request.body.size()) session_.reset(frame.hd.stream_id, NGHTTP2_CANCEL);
      note(*stream, End::answered);
      return true;
    }
  }
  check(frame.hd.stream_id, *stream);
  return true;
}

void Http2Carrier::on_goaway(const nghttp2_goaway& frame) {
  leaving_ = true;
  if (frame.error_code == NGHTTP2_HTTP_1_1_REQUIRED) connection_.pool()->without_http2(connection_.host());
}

bool Http2Carrier::on_field(std::int32_t id, std::string_view name, std::string_view value, bool well_formed) {
  Stream* const stream = find(id);
  if (stream == nullptr) return true;
  stream->answer.add_field(name, value, well_formed);
  if (stream->call != nullptr) check(id, *stream);
  return calm(stream->answer.field_bytes() <= kFieldFactor * connection_.pool()->settings().head_bytes);
}

void Http2Carrier::on_data(std::int32_t id, std::string_view data) {
  session_.consumed(id, data.size());
  Stream* const stream = find(id);
  if (stream == nullptr || stream->call == nullptr) return;
  stream->answer.add_data(data);
  check(id, *stream);
}

// Cuts an answer that cannot be taken.
void Http2Carrier::check(std::int32_t id, Stream& stream) {
  if (!stream.answer.error()) return;
  session_.reset(id, NGHTTP2_CANCEL);
  note(stream, End::misunderstood);
}

std::optional<std::size_t> Http2Carrier::read_body(std::int32_t id, std::span<std::uint8_t> room, bool& last) {
  Stream* const stream = find(id);
  if (stream == nullptr || stream->call == nullptr) return std::nullopt;  // it is about to be reset
  const std::string& body = stream->call->request.body;
  const std::size_t size = std::min(room.size(), body.size() - stream->sent);
  std::copy_n(body.begin() + static_cast<std::ptrdiff_t>(stream->sent), size, room.begin());
  stream->sent += size;
  last = stream->sent == body.size();
  return size;
}

void Http2Carrier::on_sent(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_DATA) guard_.data_sent();
  if (frame.hd.type != NGHTTP2_RST_STREAM) return;
  if (Stream* const stream = find(frame.hd.stream_id)) stream->cut = true;
}

void Http2Carrier::on_stream_end(std::int32_t id, std::uint32_t error) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  changed_ = true;
  if (stream.call != nullptr) {
    if (stream.cut) {
      stream.answer.refuse();
      note(stream, End::misunderstood);
    } else if (error == NGHTTP2_HTTP_1_1_REQUIRED) {
      connection_.pool()->without_http2(connection_.host());
      leaving_ = true;
      note(stream, End::returned);
    } else {
      const bool unseen = error == NGHTTP2_REFUSED_STREAM && !stream.answer.begun();
      note(stream, unseen ? End::returned : End::reset, error);
    }
  }
  streams_.erase(found);
}

// From here on the stream is nobody's.
ClientCall* Http2Carrier::release(Stream& stream) {
  ClientCall* const call = std::exchange(stream.call, nullptr);
  --count_;
  body_bytes_ -= call->request.body.size();
  return call;
}

void Http2Carrier::note(Stream& stream, End how, std::uint32_t error) {
  ended_.push_back({std::exchange(stream.call, nullptr), how, std::move(stream.answer), error});
}

}  // namespace trellis::http
