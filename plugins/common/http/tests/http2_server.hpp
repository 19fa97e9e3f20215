/// A server of HTTP/2, made of nghttp2, at the other end of a connection that a client dialled.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/testing/drivers.hpp>
#include <utility>
#include <vector>

namespace trellis::http::testing {

/// What a server has seen of one stream.
struct Http2Request {
  std::map<std::string, std::string> fields;
  std::vector<std::string> never_indexed;  // names of fields that no intermediary may compress
  std::string body;
  bool complete = false;
  std::vector<std::uint32_t> resets;  // RST_STREAM by the client
};

using Http2Fields = std::vector<std::pair<std::string, std::string>>;
using Http2Settings = std::vector<nghttp2_settings_entry>;

class Http2Server {
 public:
  /// takes: enlarges windows as bodies arrive.
  explicit Http2Server(trellis::testing::ProtocolConnection connection, const Http2Settings& settings = {},
                       bool takes = true);
  Http2Server(const Http2Server&) = delete;  // its session knows where it is
  Http2Server& operator=(const Http2Server&) = delete;

  /// Bytes go both ways until there are no more.
  void exchange();
  /// A whole answer; or its head only, where it does not end.
  void answer(std::int32_t stream, const Http2Fields& fields, std::string_view body = {}, bool end = true);
  void ok(std::int32_t stream, std::string_view body = {}) { answer(stream, {{":status", "200"}}, body); }
  void data(std::int32_t stream, std::string_view body, bool end);
  void reset(std::int32_t stream, std::uint32_t error);
  void go_away(std::int32_t last, std::uint32_t error = NGHTTP2_NO_ERROR);
  void settings(const Http2Settings& settings);
  /// Frames as they are.
  void send(std::string_view bytes);
  /// Streams with a complete request and no answer, in order.
  std::vector<std::int32_t> open() const;

  trellis::testing::ProtocolConnection connection;
  std::map<std::int32_t, Http2Request> requests;
  std::map<std::int32_t, std::uint32_t> client_settings;
  std::vector<std::uint32_t> goaways;  // errors
  int pings = 0;
  bool answers_pings = true;
  bool receives = true;  // else what the client sends stays in the connection

 private:
  struct Body {
    std::string text;
    bool last = false;
  };
  struct Free {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  static nghttp2_session_callbacks* callbacks();
  static Http2Server& self(void* user) { return *static_cast<Http2Server*>(user); }
  void on_frame(const nghttp2_frame& frame);

  std::map<std::int32_t, Body> bodies_;
  std::map<std::int32_t, bool> answered_;
  std::unique_ptr<nghttp2_session, Free> session_;
};

/// One frame as bytes.
std::string frame(std::uint8_t type, std::uint8_t flags, std::int32_t stream, std::string_view payload);
std::string repeat(std::string_view text, std::size_t times);

}  // namespace trellis::http::testing
