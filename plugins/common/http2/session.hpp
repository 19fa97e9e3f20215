/// nghttp2's session as an object: frames in, frames out, no socket.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace trellis::http2 {

/// What happens in a session. Called from within receive() and output(); none may call those two.
class Events {
 public:
  /// A frame's first bytes came. False ends receive() with a failure.
  virtual bool on_frame_begin(const nghttp2_frame_hd& frame) = 0;
  /// A complete frame came; its fields or data were told before. False as above.
  virtual bool on_frame(const nghttp2_frame& frame) = 0;
  /// A header block begins: the first of a request, or any other.
  virtual void on_head_begin(std::int32_t stream, bool request) = 0;
  /// A field. False as above.
  virtual bool on_field(std::int32_t stream, std::string_view name, std::string_view value, bool well_formed) = 0;
  virtual void on_data(std::int32_t stream, std::string_view data) = 0;
  /// Fills in the next bytes of a body, and whether they are the last. None, and not the last: resume() tells of more.
  /// Nothing: the body cannot be told any more, and the stream is reset.
  virtual std::optional<std::size_t> read_body(std::int32_t stream, std::span<std::uint8_t> room, bool& last) = 0;
  virtual void on_sent(const nghttp2_frame& frame) = 0;
  /// The stream is gone, in both directions; error is NGHTTP2_NO_ERROR or why.
  virtual void on_stream_end(std::int32_t stream, std::uint32_t error) = 0;

 protected:
  ~Events() = default;
};

enum class Side { client, server };

/// One side of one connection. What it is told to send is queued, and comes out of output().
///
/// Windows for receiving are not enlarged by themselves: that of the connection by consumed(), that of a stream by
/// consumed() with its number, or by whoever derives.
class Session {
 public:
  /// A stream's window before anything is granted, as long as nobody says otherwise (RFC 9113, 6.5.2). Peers use it
  /// before they have seen our settings.
  static constexpr std::size_t kFirstWindow = 65535;

  Session(Events& events, Side side, std::span<const nghttp2_settings_entry> settings);

  /// 0, or why the session cannot go on: NGHTTP2_ERR_….
  int receive(std::string_view data);
  /// The next bytes for the peer, good until the next call; none when there is nothing to send.
  std::string_view output();
  /// Nothing will be sent or read any more.
  bool over() const noexcept;

  void resume(std::int32_t stream);
  void reset(std::int32_t stream, std::uint32_t error);
  /// The connection's window is enlarged by what was received.
  void consumed(std::size_t bytes);
  /// And that of the stream.
  void consumed(std::int32_t stream, std::size_t bytes);
  void ping();
  /// Sends GOAWAY and nothing more.
  void terminate(std::uint32_t error);

 protected:
  nghttp2_session* get() const noexcept { return session_.get(); }
  /// A field; flags are NGHTTP2_NV_FLAG_….
  static nghttp2_nv field(std::string_view name, std::string_view value, std::uint8_t flags = NGHTTP2_NV_FLAG_NONE);
  /// A body that read_body() is asked for.
  static nghttp2_data_provider body() noexcept;

 private:
  struct Free {
    void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
  };
  std::unique_ptr<nghttp2_session, Free> session_;
};

}  // namespace trellis::http2
