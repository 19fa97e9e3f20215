#include "http2_peer.hpp"

#include <algorithm>
#include <stdexcept>

namespace transport_http::testing {
namespace {

std::string text(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

nghttp2_nv field(const std::pair<std::string, std::string>& from) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(from.first.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(from.second.data())), from.first.size(), from.second.size(),
          NGHTTP2_NV_FLAG_NONE};
}

std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

nghttp2_session_callbacks* Http2Peer::callbacks() {
  nghttp2_session_callbacks* made = nullptr;
  nghttp2_session_callbacks_new(&made);
  nghttp2_session_callbacks_set_on_header_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
               const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
        Http2Response& response = self(user).responses[frame->hd.stream_id];
        const std::string key = text(name, name_size);
        const std::string content = text(value, value_size);
        if (key != ":status") {
          response.fields[key] = content;
        } else if (content.starts_with('1')) {
          response.interim.push_back(content);
        } else {
          response.status = content;
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      made,
      [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size, void* user) {
        self(user).responses[stream].body += text(data, size);
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        const bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
        if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
          self(user).responses[frame->hd.stream_id].complete = true;
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      made, [](nghttp2_session*, std::int32_t stream, std::uint32_t error, void* user) {
        self(user).on_closed(stream, error);
        return 0;
      });
  return made;
}

void Http2Peer::on_closed(std::int32_t stream, std::uint32_t error) {
  Http2Response& response = responses[stream];
  if (error != 0 || !response.complete) response.reset = error;
}

Http2Peer::Http2Peer(FakeKernel& kernel, std::uint32_t window, bool consumes) : client(kernel) {
  static nghttp2_session_callbacks* const kCallbacks = callbacks();
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, consumes ? 0 : 1);
  nghttp2_option_set_no_http_messaging(option, 1);  // sends what the test wants
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new2(&session, kCallbacks, this, option);
  nghttp2_option_del(option);
  session_.reset(session);
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &entry, 1);
  exchange();
}

std::int32_t Http2Peer::request(std::string_view method, std::string_view path, const Fields& fields,
                                std::optional<std::string> body) {
  Fields all{{":method", std::string(method)}, {":scheme", "http"}, {":path", std::string(path)}, {":authority", "h"}};
  all.insert(all.end(), fields.begin(), fields.end());
  const std::int32_t stream = send_fields(all, !body);
  if (body) send_body(stream, *body, true);
  return stream;
}

std::int32_t Http2Peer::send_fields(const Fields& fields, bool end) {
  std::vector<nghttp2_nv> converted;
  converted.reserve(fields.size());
  for (const auto& one : fields) converted.push_back(field(one));
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session*, std::int32_t stream, std::uint8_t* room, std::size_t size,
                              std::uint32_t* flags, nghttp2_data_source*, void* user) -> ssize_t {
    Body& body = self(user).bodies_[stream];
    if (body.text.empty() && !body.last) return NGHTTP2_ERR_DEFERRED;
    const std::size_t taken = std::min(size, body.text.size());
    std::copy_n(body.text.begin(), taken, room);
    body.text.erase(0, taken);
    if (body.text.empty() && body.last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(taken);
  };
  const std::int32_t stream = nghttp2_submit_request(session_.get(), nullptr, converted.data(), converted.size(),
                                                     end ? nullptr : &provider, nullptr);
  if (stream < 0) throw std::logic_error("the request was not sent");
  exchange();
  return stream;
}

void Http2Peer::send_body(std::int32_t stream, std::string_view more, bool last) {
  bodies_[stream].text += more;
  bodies_[stream].last = last;
  nghttp2_session_resume_data(session_.get(), stream);
  exchange();
}

void Http2Peer::reset(std::int32_t stream) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  exchange();
}

void Http2Peer::exchange() {
  for (bool moved = true; moved && !broken;) {
    moved = false;
    const std::uint8_t* data = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_.get(), &data)) > 0; moved = true) {
      client.send(text(data, static_cast<std::size_t>(size)));
    }
    const std::string from_server = receives ? client.received() : std::string();
    if (from_server.empty()) continue;
    moved = true;
    note_goaways(from_server);
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(from_server.data());
    broken = nghttp2_session_mem_recv(session_.get(), bytes, from_server.size()) < 0;
  }
}

// By hand, because nghttp2 tells of no frame once it has given up on a connection itself.
void Http2Peer::note_goaways(std::string_view frames) {
  while (frames.size() >= 9) {
    const std::size_t size = number(frames.substr(0, 3));
    if (frames[3] == NGHTTP2_GOAWAY) {
      goaways.emplace_back(static_cast<std::int32_t>(number(frames.substr(9, 4))), number(frames.substr(13, 4)));
    }
    frames.remove_prefix(std::min(frames.size(), 9 + size));
  }
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
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

}  // namespace transport_http::testing
