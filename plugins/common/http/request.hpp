/// What an HTTP request is once it has been read.
#pragma once

#include <string>
#include <string_view>

#include "message.hpp"

namespace trellis::http {

/// A request's head, and its body once complete. Views live until the parser goes on to the next request.
struct Request : Message {
  std::string_view method;
  std::string path;               ///< percent-decoded, begins with '/' ("*" for OPTIONS *)
  std::string_view query;         ///< after '?', as sent
  std::string_view host;          ///< of the target or of the Host field; empty only in HTTP/1.0
  bool expects_continue = false;  ///< waits for 100 before it sends the body

  bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
};

}  // namespace trellis::http
