/// Writes HTTP/1.1 requests as bytes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "message.hpp"

namespace trellis::http {

/// A request to be sent. Views are borrowed for the call.
struct OutgoingRequest {
  std::string_view method = "GET";
  std::string_view target = "/";  ///< "/path?query" as it goes over the wire; "host:port" for CONNECT
  std::string_view host = {};     ///< of the Host field: with a port unless it is the scheme's own
  std::span<const Header> headers = {};
  std::string_view body = {};
};

/// Whether it says how long its body is: it has one, or its method means one.
bool has_length(const OutgoingRequest& request);

/// Whether a field is the writer's own: Host, and what tells where the request ends.
bool belongs_to_request_writer(std::string_view name);

/// What is wrong with a request: a method or field name that is no token, a control character in target, host or a
/// field's value, a field that is the writer's own. So nobody's data can add a field or a second request.
std::optional<std::string> check_request(const OutgoingRequest& request);

/// Appends the request, with a Content-Length where it has a body or its method means one. Answers what check_request()
/// finds, and writes nothing then.
std::optional<std::string> write_request(std::string& out, const OutgoingRequest& request);

}  // namespace trellis::http
