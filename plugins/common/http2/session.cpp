#include "session.hpp"

#include <new>

namespace trellis::http2 {
namespace {

// Data of all streams together that may be on its way. Bodies are bounded by the windows of their streams.
constexpr std::int32_t kConnectionWindow = 1024 * 1024;
constexpr std::size_t kUnsentAcks = 200;        // answers to SETTINGS and PING that the peer does not take
constexpr std::size_t kSettings = 32;           // in one frame
constexpr std::size_t kSentHead = 1024 * 1024;  // of a request or an answer, compressed

Events& events(void* user) { return *static_cast<Events*>(user); }
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
  const auto read = events(user).read_body(stream, {room, size}, last);
  if (!read) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (last) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (*read == 0 && !last) return NGHTTP2_ERR_DEFERRED;
  return static_cast<ssize_t>(*read);
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
      callbacks, [](nghttp2_session*, std::int32_t stream, std::uint32_t error, void* user) {
        events(user).on_stream_end(stream, error);
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
  nghttp2_option_set_max_settings(option, kSettings);
  nghttp2_option_set_max_send_header_block_length(option, kSentHead);
  nghttp2_option_set_max_reserved_remote_streams(option, 0);  // nothing is pushed to us
  return option;
}

}  // namespace

Session::Session(Events& events, Side side, std::span<const nghttp2_settings_entry> settings) {
  static const nghttp2_session_callbacks* const kCallbacks = make_callbacks();
  static const nghttp2_option* const kOptions = make_options();
  const auto make = side == Side::server ? &nghttp2_session_server_new2 : &nghttp2_session_client_new2;
  nghttp2_session* session = nullptr;
  if (make(&session, kCallbacks, &events, kOptions) != 0) throw std::bad_alloc();
  session_.reset(session);
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

int Session::receive(std::string_view data) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(data.data());
  const ssize_t used = nghttp2_session_mem_recv(session_.get(), bytes, data.size());
  return used < 0 ? static_cast<int>(used) : 0;
}

std::string_view Session::output() {
  const std::uint8_t* data = nullptr;
  const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
  return size > 0 ? text(data, static_cast<std::size_t>(size)) : std::string_view();
}

bool Session::over() const noexcept {
  return nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
}

nghttp2_nv Session::field(std::string_view name, std::string_view value, std::uint8_t flags) {
  // nghttp2 copies both, and takes pointers to non-const all the same.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(), flags};
}

nghttp2_data_provider Session::body() noexcept {
  nghttp2_data_provider provider{};
  provider.read_callback = &http2::read_body;
  return provider;
}

void Session::resume(std::int32_t stream) { nghttp2_session_resume_data(session_.get(), stream); }

void Session::reset(std::int32_t stream, std::uint32_t error) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, error);
}

void Session::consumed(std::size_t bytes) { nghttp2_session_consume_connection(session_.get(), bytes); }

void Session::consumed(std::int32_t stream, std::size_t bytes) {
  nghttp2_session_consume(session_.get(), stream, bytes);
}

void Session::ping() { nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr); }

void Session::terminate(std::uint32_t error) { nghttp2_session_terminate_session(session_.get(), error); }

}  // namespace trellis::http2
