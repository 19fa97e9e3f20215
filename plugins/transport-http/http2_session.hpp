/// nghttp2's session as an object: frames in, frames out, no socket.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "common/http/response_writer.hpp"
#include "settings.hpp"

namespace transport_http {

/// What happens in a session. Called from within receive() and output(); none may call those two.
class Http2Events {
 public:
  /// A frame's first bytes came. False ends receive() with a failure.
  virtual bool on_frame_begin(const nghttp2_frame_hd& frame) = 0;
  /// A complete frame came; its fields or data were told before. False as above.
  virtual bool on_frame(const nghttp2_frame& frame) = 0;
  /// A header block begins: of a new request, or of trailers.
  virtual void on_head_begin(std::int32_t stream, bool request) = 0;
  /// A field. False as above.
  virtual bool on_field(std::int32_t stream, std::string_view name, std::string_view value, bool well_formed) = 0;
  virtual void on_data(std::int32_t stream, std::string_view data) = 0;
  /// Fills in the next bytes of an answer's body, and whether they are the last. None, and not the last: resume() tells
  /// of more.
  virtual std::size_t read_answer(std::int32_t stream, std::span<std::uint8_t> room, bool& last) = 0;
  virtual void on_sent(const nghttp2_frame& frame) = 0;
  /// The stream is gone, in both directions.
  virtual void on_stream_end(std::int32_t stream) = 0;

 protected:
  ~Http2Events() = default;
};

/// The server's side of one connection. What it is told to send is queued, and comes out of output().
///
/// Windows for receiving are not enlarged by themselves: that of the connection by consumed(), that of a stream by
/// grant() only.
class Http2Session {
 public:
  /// A stream's window before anything is granted, as long as nobody says otherwise (RFC 9113, 6.5.2). Clients use it
  /// before they have seen our settings.
  static constexpr std::size_t kFirstWindow = 65535;

  Http2Session(Http2Events& events, const Settings& settings);

  /// 0, or why the session cannot go on: NGHTTP2_ERR_….
  int receive(std::string_view data);
  /// The next bytes for the peer, good until the next call; none when there is nothing to send.
  std::string_view output();
  /// Nothing will be sent or read any more.
  bool over() const noexcept;

  /// body: whether read_answer() is asked for one. One response each stream, and none where the stream is gone.
  void respond(std::int32_t stream, const trellis::http::Response& response, std::string_view date, bool body);
  /// The same where the body's length is not known: read_answer() is asked as it comes.
  void begin(std::int32_t stream, const trellis::http::Response& response, std::string_view date, bool body);
  void resume(std::int32_t stream);
  void send_continue(std::int32_t stream);
  void reset(std::int32_t stream, std::uint32_t error);
  /// The peer may send that much on the stream in all.
  void grant(std::int32_t stream, std::size_t bytes);
  /// The connection's window is enlarged by what was received.
  void consumed(std::size_t bytes);
  void ping();
  /// Tells the client that there will be an end, so that it begins nothing new.
  void announce_end();
  /// Serves what has begun and nothing after it.
  void refuse_new_streams();
  /// Sends GOAWAY and nothing more.
  void terminate(std::uint32_t error);

 private:
  void submit(std::int32_t stream, const trellis::http::Response& response, std::string_view date,
              std::string_view length, bool body);
  struct Free {
    void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
  };
  std::unique_ptr<nghttp2_session, Free> session_;
};

}  // namespace transport_http
