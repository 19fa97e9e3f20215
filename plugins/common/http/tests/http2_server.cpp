#include "http2_server.hpp"

#include <algorithm>

namespace trellis::http::testing {
namespace {

std::string text(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

nghttp2_nv field(const std::pair<std::string, std::string>& from) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(from.first.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(from.second.data())), from.first.size(), from.second.size(),
          NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

nghttp2_session_callbacks* Http2Server::callbacks() {
  nghttp2_session_callbacks* made = nullptr;
  nghttp2_session_callbacks_new(&made);
  nghttp2_session_callbacks_set_on_header_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
               const std::uint8_t* value, std::size_t value_size, std::uint8_t flags, void* user) {
        Http2Request& request = self(user).requests[frame->hd.stream_id];
        request.fields[text(name, name_size)] = text(value, value_size);
        if ((flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0) request.never_indexed.push_back(text(name, name_size));
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      made,
      [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size, void* user) {
        self(user).requests[stream].body += text(data, size);
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(made,
                                                       [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                                                         self(user).on_frame(*frame);
                                                         return 0;
                                                       });
  return made;
}

void Http2Server::on_frame(const nghttp2_frame& frame) {
  const std::int32_t stream = frame.hd.stream_id;
  const bool ack = (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_DATA:
    case NGHTTP2_HEADERS:
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) requests[stream].complete = true;
      break;
    case NGHTTP2_RST_STREAM:
      requests[stream].resets.push_back(frame.rst_stream.error_code);
      break;
    case NGHTTP2_GOAWAY:
      goaways.push_back(frame.goaway.error_code);
      break;
    case NGHTTP2_PING:
      if (ack) break;
      ++pings;
      if (answers_pings) nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_ACK, frame.ping.opaque_data);
      break;
    case NGHTTP2_SETTINGS:
      for (std::size_t i = 0; i < frame.settings.niv; ++i) {
        client_settings[frame.settings.iv[i].settings_id] = frame.settings.iv[i].value;
      }
      break;
    default:
      break;
  }
}

Http2Server::Http2Server(trellis::testing::ProtocolConnection made, const Http2Settings& settings, bool takes)
    : connection(made) {
  static nghttp2_session_callbacks* const kCallbacks = callbacks();
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, takes ? 0 : 1);
  nghttp2_option_set_no_auto_ping_ack(option, 1);
  nghttp2_option_set_no_http_messaging(option, 1);  // sends what the test wants
  nghttp2_session* session = nullptr;
  nghttp2_session_server_new2(&session, kCallbacks, this, option);
  nghttp2_option_del(option);
  session_.reset(session);
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  exchange();
}

void Http2Server::exchange() {
  for (bool moved = true; moved;) {
    moved = false;
    const std::uint8_t* data = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_.get(), &data)) > 0; moved = true) {
      connection.send(text(data, static_cast<std::size_t>(size)));
    }
    const std::string from_client = receives ? connection.received() : std::string();
    if (from_client.empty()) continue;
    moved = true;
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(from_client.data());
    nghttp2_session_mem_recv(session_.get(), bytes, from_client.size());
  }
}

void Http2Server::answer(std::int32_t stream, const Http2Fields& fields, std::string_view body, bool end) {
  std::vector<nghttp2_nv> converted;
  for (const auto& one : fields) converted.push_back(field(one));
  const bool interim = !fields.empty() && fields[0].second.starts_with('1');
  if (interim) {
    nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream, nullptr, converted.data(), converted.size(),
                           nullptr);
    return exchange();
  }
  answered_[stream] = true;
  bodies_[stream] = {std::string(body), end};
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* room, std::size_t size,
                              std::uint32_t* flags, nghttp2_data_source*, void* user) -> ssize_t {
    Body& left = self(user).bodies_[id];
    if (left.text.empty() && !left.last) return NGHTTP2_ERR_DEFERRED;
    const std::size_t taken = std::min(size, left.text.size());
    std::copy_n(left.text.begin(), taken, room);
    left.text.erase(0, taken);
    if (left.text.empty() && left.last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(taken);
  };
  nghttp2_submit_response(session_.get(), stream, converted.data(), converted.size(),
                          body.empty() && end ? nullptr : &provider);
  exchange();
}

void Http2Server::data(std::int32_t stream, std::string_view body, bool end) {
  bodies_[stream].text += body;
  bodies_[stream].last = end;
  nghttp2_session_resume_data(session_.get(), stream);
  exchange();
}

void Http2Server::reset(std::int32_t stream, std::uint32_t error) {
  answered_[stream] = true;
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, error);
  exchange();
}

void Http2Server::go_away(std::int32_t last, std::uint32_t error) {
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last, error, nullptr, 0);
  exchange();
}

void Http2Server::settings(const Http2Settings& settings) {
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  exchange();
}

void Http2Server::send(std::string_view bytes) { connection.send(bytes); }

std::vector<std::int32_t> Http2Server::open() const {
  std::vector<std::int32_t> streams;
  for (const auto& [id, request] : requests) {
    if (request.complete && !answered_.contains(id)) streams.push_back(id);
  }
  return streams;
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::int32_t stream, std::string_view payload) {
  const std::size_t size = payload.size();
  std::string bytes;
  for (const int shift : {16, 8, 0}) bytes += static_cast<char>(size >> shift);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(stream >> shift);
  return bytes.append(payload);
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace trellis::http::testing
