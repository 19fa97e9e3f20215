/// A client of HTTP/2, made of nghttp2, on a connection of the fake kernel.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fake_kernel.hpp"

namespace transport_http::testing {

/// What a client has seen of one stream.
struct Http2Response {
  std::string status;                // of the final answer
  std::vector<std::string> interim;  // 1xx
  std::map<std::string, std::string> fields;
  std::string body;
  bool complete = false;
  std::optional<std::uint32_t> reset;  // the code it was closed with, if it was not 0 or the answer was incomplete
};

class Http2Peer {
 public:
  /// window: of each stream, for answers. consumes: enlarges windows as answers arrive.
  explicit Http2Peer(FakeKernel& kernel, std::uint32_t window = 65535, bool consumes = true);

  /// Sends a request; answers its stream. The body stays open when it has no value that ends it.
  std::int32_t request(std::string_view method, std::string_view path, const Fields& fields = {},
                       std::optional<std::string> body = {});
  std::int32_t get(std::string_view path, const Fields& fields = {}) { return request("GET", path, fields); }
  /// Fields as they are, pseudo fields among them.
  std::int32_t send_fields(const Fields& fields, bool end = true);
  void send_body(std::int32_t stream, std::string_view more, bool last);
  void reset(std::int32_t stream);
  /// Bytes go both ways until there are no more.
  void exchange();

  nghttp2_session* session() const { return session_.get(); }
  std::size_t unsent_body(std::int32_t stream) { return bodies_[stream].text.size(); }

  FakeClient client;
  std::map<std::int32_t, Http2Response> responses;
  std::vector<std::pair<std::int32_t, std::uint32_t>> goaways;  // last stream, error
  bool receives = true;                                         // else what the server sends stays in the connection
  bool broken = false;                                          // the server sent what nghttp2 takes for an error

 private:
  struct Body {
    std::string text;
    bool last = false;
  };
  struct Free {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  static nghttp2_session_callbacks* callbacks();
  static Http2Peer& self(void* user) { return *static_cast<Http2Peer*>(user); }
  void on_closed(std::int32_t stream, std::uint32_t error);
  void note_goaways(std::string_view frames);

  std::map<std::int32_t, Body> bodies_;
  std::unique_ptr<nghttp2_session, Free> session_;
};

/// One frame as bytes.
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload);
std::string repeat(std::string_view text, std::size_t times);

}  // namespace transport_http::testing
