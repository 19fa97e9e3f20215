#include "request_writer.hpp"

#include <algorithm>
#include <array>

#include "characters.hpp"

namespace trellis::http {
namespace {

void write_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool means_a_body(std::string_view method) { return method == "POST" || method == "PUT" || method == "PATCH"; }

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

}  // namespace

bool has_length(const OutgoingRequest& request) { return !request.body.empty() || means_a_body(request.method); }

bool belongs_to_request_writer(std::string_view name) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "connection", "content-length",    "expect", "host", "keep-alive", "proxy-connection", "te",
      "trailer",    "transfer-encoding", "upgrade"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view own) { return equals_ignoring_case(own, name); });
}

std::optional<std::string> check_request(const OutgoingRequest& request) {
  if (!is_token(request.method)) return "the method is not a token";
  if (request.target.empty() || !std::all_of(request.target.begin(), request.target.end(), is_target_char)) {
    return "the request target is empty or contains a blank, a control character or '#'";
  }
  if (request.host.empty() || !std::all_of(request.host.begin(), request.host.end(), is_target_char)) {
    return "the host is empty or contains a blank or a control character";
  }
  for (const Header& header : request.headers) {
    // A name that is no token is not repeated: it may be anything.
    if (!is_token(header.name)) return "a header field's name is not a token";
    if (belongs_to_request_writer(header.name)) return "the header field " + quoted(header.name) + " cannot be set";
    if (!std::all_of(header.value.begin(), header.value.end(), is_field_char)) {
      return "the value of the header field " + quoted(header.name) + " contains a control character";
    }
  }
  return std::nullopt;
}

std::optional<std::string> write_request(std::string& out, const OutgoingRequest& request) {
  if (auto wrong = check_request(request)) return wrong;
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  write_field(out, "host", request.host);
  for (const Header& header : request.headers) write_field(out, header.name, header.value);
  if (has_length(request)) write_field(out, "content-length", std::to_string(request.body.size()));
  out.append("\r\n").append(request.body);
  return std::nullopt;
}

}  // namespace trellis::http
