// The client half of HTTP/1.1 that the event scenarios need: requests into a buffer, answers parsed in place.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "wire.hpp"

namespace trellis::bench {

/// Everything of a request but its body, put together once.
class HttpRequest {
 public:
  // content_type: empty for a request that has no body. key: empty for none.
  HttpRequest(std::string_view path, std::string_view content_type, std::string_view key);

  // Appends the head for a body of that size and returns the room for it, which the caller fills completely.
  char* append(OutBuffer& out, std::size_t body_size) const;

 private:
  std::string head_;  // up to the value of Content-Length
};

/// An answer as it lies in the read buffer.
struct HttpResponse {
  unsigned status = 0;
  bool close = false;  // the server ends the connection after it
  std::string_view body;
};

/// A request as it lies there.
struct HttpCall {
  std::string_view path;
  std::string_view body;
};

enum class HttpScan { response, incomplete, malformed };

// Takes the first request off `bytes`, whose body has a length; `size` is then its length there.
HttpScan next_request(std::string_view bytes, HttpCall& call, std::size_t& size);

// Takes the first response off `bytes`; `size` is then its length there. A chunked body is put together in place, so
// the bytes change, but only once all of it is there. Strict: an answer whose end only the end of the connection would
// show, one with two lengths, and one with folded or nameless fields are malformed. 1xx is, too: nothing here asks for
// it.
HttpScan next_response(std::span<char> bytes, HttpResponse& response, std::size_t& size);

}  // namespace trellis::bench
