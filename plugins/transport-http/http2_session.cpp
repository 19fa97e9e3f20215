#include "http2_session.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace transport_http {

using trellis::http::Header;
using trellis::http::Response;

namespace {

// Data of all streams together that may be on its way. Bodies are bounded by the windows of their streams.
constexpr std::int32_t kConnectionWindow = 1024 * 1024;
constexpr std::size_t kUnsentAcks = 200;

Http2Events& events(void* user) { return *static_cast<Http2Events*>(user); }
int verdict(bool goes_on) { return goes_on ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE; }
std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
              const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
  return verdict(events(user).on_field(frame->hd.stream_id, text(name, name_size), text(value, value_size), true));
}

int on_invalid_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                      const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
  return verdict(events(user).on_field(frame->hd.stream_id, text(name, name_size), text(value, value_size), false));
}

ssize_t read_body(nghttp2_session*, std::int32_t stream, std::uint8_t* room, std::size_t size, std::uint32_t* flags,
                  nghttp2_data_source*, void* user) {
  bool last = false;
  const std::size_t read = events(user).read_answer(stream, {room, size}, last);
  if (last) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (read == 0 && !last) return NGHTTP2_ERR_DEFERRED;
  return static_cast<ssize_t>(read);
}

void set_receiving(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_frame_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame_hd* frame, void* user) {
        return verdict(events(user).on_frame_begin(*frame));
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return verdict(events(user).on_frame(*frame)); });
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        events(user).on_head_begin(frame->hd.stream_id, frame->headers.cat == NGHTTP2_HCAT_REQUEST);
        return 0;
      });
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks,
      [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size, void* user) {
        events(user).on_data(stream, text(data, size));
        return 0;
      });
}

nghttp2_session_callbacks* make_callbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
  set_receiving(callbacks);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks,
                                                       [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                                                         events(user).on_sent(*frame);
                                                         return 0;
                                                       });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
        events(user).on_stream_end(stream);
        return 0;
      });
  return callbacks;
}

nghttp2_option* make_options() {
  nghttp2_option* option = nullptr;
  if (nghttp2_option_new(&option) != 0) throw std::bad_alloc();
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_outbound_ack(option, kUnsentAcks);
  return option;
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  // nghttp2 copies both, and takes pointers to non-const all the same.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

Http2Session::Http2Session(Http2Events& events, const Settings& settings) {
  static const nghttp2_session_callbacks* const kCallbacks = make_callbacks();
  static const nghttp2_option* const kOptions = make_options();
  nghttp2_session* session = nullptr;
  if (nghttp2_session_server_new2(&session, kCallbacks, &events, kOptions) != 0) throw std::bad_alloc();
  session_.reset(session);
  const nghttp2_settings_entry entries[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<std::uint32_t>(settings.streams)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(settings.limits.head_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries, std::size(entries));
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

int Http2Session::receive(std::string_view data) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(data.data());
  const ssize_t used = nghttp2_session_mem_recv(session_.get(), bytes, data.size());
  return used < 0 ? static_cast<int>(used) : 0;
}

std::string_view Http2Session::output() {
  const std::uint8_t* data = nullptr;
  const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
  return size > 0 ? text(data, static_cast<std::size_t>(size)) : std::string_view();
}

bool Http2Session::over() const noexcept {
  return nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
}

void Http2Session::respond(std::int32_t stream, const Response& response, std::string_view date, bool body) {
  submit(stream, response, date, std::to_string(response.body.size()), body);
}

void Http2Session::begin(std::int32_t stream, const Response& response, std::string_view date, bool body) {
  submit(stream, response, date, {}, body);
}

void Http2Session::resume(std::int32_t stream) { nghttp2_session_resume_data(session_.get(), stream); }

void Http2Session::submit(std::int32_t stream, const Response& response, std::string_view date, std::string_view length,
                          bool body) {
  const std::uint32_t status = trellis::http::final_status(response.status);
  const std::string code = std::to_string(status);
  std::vector<nghttp2_nv> fields{field(":status", code), field("date", date)};
  fields.reserve(response.headers.size() + 3);
  for (const Header& header : response.headers) {
    if (trellis::http::may_be_sent(header)) fields.push_back(field(header.name, header.value));
  }
  if (trellis::http::has_body(status) && !length.empty()) fields.push_back(field("content-length", length));

  nghttp2_data_provider provider{};
  provider.read_callback = read_body;
  nghttp2_submit_response(session_.get(), stream, fields.data(), fields.size(), body ? &provider : nullptr);
}

void Http2Session::send_continue(std::int32_t stream) {
  const nghttp2_nv status = field(":status", "100");
  nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream, nullptr, &status, 1, nullptr);
}

void Http2Session::reset(std::int32_t stream, std::uint32_t error) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, error);
}

void Http2Session::grant(std::int32_t stream, std::size_t bytes) {
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, stream,
                                        static_cast<std::int32_t>(std::min<std::size_t>(bytes, INT32_MAX)));
}

void Http2Session::consumed(std::size_t bytes) { nghttp2_session_consume_connection(session_.get(), bytes); }

void Http2Session::ping() { nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr); }

void Http2Session::announce_end() { nghttp2_submit_shutdown_notice(session_.get()); }

void Http2Session::refuse_new_streams() {
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(session_.get());
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

void Http2Session::terminate(std::uint32_t error) { nghttp2_session_terminate_session(session_.get(), error); }

}  // namespace transport_http
