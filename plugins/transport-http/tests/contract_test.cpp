// What every protocol promises, in both versions of HTTP.
#include <algorithm>
#include <trellis/testing/contract/protocol.hpp>

#include "transport_http.hpp"

namespace {

using namespace std::string_literals;
using trellis::testing::RequestSample;
using trellis::testing::ResponseSample;

/// A frame of HTTP/2 of less than 256 bytes.
std::string frame(char type, char flags, char stream, const std::string& payload) {
  return "\0\0"s + static_cast<char>(payload.size()) + type + flags + "\0\0\0"s + stream + payload;
}

struct HttpSamples : trellis::testing::ProtocolSamples {
  using Plugin = transport_http::TransportHttp;
  static std::vector<std::string> wrong_settings() { return {R"({"streams": 0})", R"({"head_timeout": "soon"})"}; }
  static void prepare(trellis::testing::TestHost& host) {
    host.on_request([](const RequestSample& request) -> ResponseSample {
      return {.status = 200, .body = request.method + " " + request.path + " " + request.body + "\n"};
    });
  }
  static std::vector<std::string> inputs() {
    const std::string get = "GET /a?b=c HTTP/1.1\r\nHost: broker.test\r\n\r\n";
    const std::string post = "POST /a HTTP/1.1\r\nHost: broker.test\r\nContent-Length: 5\r\n\r\nhello";
    const std::string chunked =
        "POST /a HTTP/1.1\r\nHost: broker.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    return {get,
            post + chunked + get,
            "HEAD / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n",
            preface() + request(1) + request(3) + frame(6, 0, 0, "12345678"),
            preface() + request(2),
            preface() + frame(1, 4, 1, "\xFF\xFF\xFF\xFF\xFF\xFF"),
            std::string(3000, '\xFF')};
  }

  /// Of HTTP/2 the frames, for those about the connection overtake others. Without SETTINGS and WINDOW_UPDATE, which a
  /// connection that is about to end keeps to itself.
  static std::string compared(const std::string& answer) {
    if (answer.starts_with("HTTP/")) return answer;
    std::vector<std::string> frames;
    for (std::size_t at = 0; at + 9 <= answer.size();) {
      const auto byte = [&](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(answer[at + i]));
      };
      const std::size_t size = 9 + (byte(0) << 16U | byte(1) << 8U | byte(2));
      if (byte(3) != 4 && byte(3) != 8) frames.push_back(answer.substr(at, size));
      at += size;
    }
    std::ranges::sort(frames);
    std::string out;
    for (const std::string& one : frames) out += one;
    return out;
  }

 private:
  /// With SETTINGS that say nothing.
  static std::string preface() { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, ""); }
  /// GET http://a/ in HPACK: fields of the static table, and :authority.
  static std::string request(char stream) { return frame(1, 5, stream, "\x82\x86\x84\x41\x01\x61"); }
};
TRELLIS_CONTRACT_SUITE(Protocol, HttpSamples);

}  // namespace
