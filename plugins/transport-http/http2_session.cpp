#include "http2_session.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace transport_http {

using trellis::http::Header;
using trellis::http::Response;

namespace {

std::array<nghttp2_settings_entry, 3> entries(const Settings& settings) {
  return {{{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<std::uint32_t>(settings.streams)},
           {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(settings.limits.head_bytes)},
           {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}}};
}

}  // namespace

Http2Session::Http2Session(trellis::http2::Events& events, const Settings& settings)
    : Session(events, trellis::http2::Side::server, entries(settings)) {}

void Http2Session::respond(std::int32_t stream, const Response& response, std::string_view date, bool body) {
  submit(stream, response, date, std::to_string(response.body.size()), body);
}

void Http2Session::begin(std::int32_t stream, const Response& response, std::string_view date, bool body) {
  submit(stream, response, date, {}, body);
}

void Http2Session::submit(std::int32_t stream, const Response& response, std::string_view date, std::string_view length,
                          bool with_body) {
  const std::uint32_t status = trellis::http::final_status(response.status);
  const std::string code = std::to_string(status);
  std::vector<nghttp2_nv> fields{field(":status", code), field("date", date)};
  fields.reserve(response.headers.size() + 3);
  for (const Header& header : response.headers) {
    if (trellis::http::may_be_sent(header)) fields.push_back(field(header.name, header.value));
  }
  if (trellis::http::has_body(status) && !length.empty()) fields.push_back(field("content-length", length));

  const nghttp2_data_provider provider = body();
  nghttp2_submit_response(get(), stream, fields.data(), fields.size(), with_body ? &provider : nullptr);
}

void Http2Session::send_continue(std::int32_t stream) {
  const nghttp2_nv status = field(":status", "100");
  nghttp2_submit_headers(get(), NGHTTP2_FLAG_NONE, stream, nullptr, &status, 1, nullptr);
}

void Http2Session::grant(std::int32_t stream, std::size_t bytes) {
  nghttp2_session_set_local_window_size(get(), NGHTTP2_FLAG_NONE, stream,
                                        static_cast<std::int32_t>(std::min<std::size_t>(bytes, INT32_MAX)));
}

void Http2Session::announce_end() { nghttp2_submit_shutdown_notice(get()); }

void Http2Session::refuse_new_streams() {
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(get());
  nghttp2_submit_goaway(get(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

}  // namespace transport_http
