// A client of HTTP/1.1 that keeps its connection, and says what a test wants it to say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "support/http_get.hpp"

namespace trellis::testing {

/// One connection on loopback. Every wait has a deadline; what goes wrong throws std::runtime_error.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port);
  ~HttpClient();
  HttpClient(HttpClient&& other) noexcept;
  HttpClient& operator=(HttpClient&&) = delete;

  /// GET; fields: further header lines, each with its line end.
  HttpAnswer get(const std::string& path, const std::string& host = "localhost", const std::string& fields = "");
  void send(std::string_view bytes);
  /// The next answer, with as much of a body as it announces.
  HttpAnswer receive();
  /// Exactly so many bytes.
  std::string read(std::size_t size);
  /// Waits for the broker to close, or to send something.
  bool closed();

 private:
  bool fill();

  int socket_ = -1;
  std::string buffer_;
};

}  // namespace trellis::testing
