/// The server's side of an HTTP/2 connection: what answers are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/http/response_writer.hpp"
#include "common/http2/session.hpp"
#include "settings.hpp"

namespace transport_http {

/// A stream's window for receiving is enlarged by grant() only.
class Http2Session final : public trellis::http2::Session {
 public:
  Http2Session(trellis::http2::Events& events, const Settings& settings);

  /// body: whether read_body() is asked for one. One response each stream, and none where the stream is gone.
  void respond(std::int32_t stream, const trellis::http::Response& response, std::string_view date, bool body);
  /// The same where the body's length is not known: read_body() is asked as it comes.
  void begin(std::int32_t stream, const trellis::http::Response& response, std::string_view date, bool body);
  void send_continue(std::int32_t stream);
  /// The peer may send that much on the stream in all.
  void grant(std::int32_t stream, std::size_t bytes);
  /// Tells the client that there will be an end, so that it begins nothing new.
  void announce_end();
  /// Serves what has begun and nothing after it.
  void refuse_new_streams();

 private:
  void submit(std::int32_t stream, const trellis::http::Response& response, std::string_view date,
              std::string_view length, bool with_body);
};

}  // namespace transport_http
