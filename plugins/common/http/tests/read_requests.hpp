/// Feeds text to a parser in pieces of any size and keeps copies of the requests that come out.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/request_parser.hpp"

namespace trellis::http::testing {

struct ReadRequest {
  std::string method;
  std::string path;
  std::string query;
  std::string host;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool keep_alive = true;
  bool expects_continue = false;

  bool operator==(const ReadRequest&) const = default;
};

struct ReadResult {
  std::vector<ReadRequest> requests;
  std::uint32_t status = 0;  ///< of the error that ended it, 0 for none
  std::string message;
  RequestParser::State state = RequestParser::State::idle;

  bool operator==(const ReadResult&) const = default;
};

inline ReadRequest copy(const Request& request) {
  ReadRequest copied{.method = std::string(request.method),
                     .path = request.path,
                     .query = std::string(request.query),
                     .host = std::string(request.host),
                     .headers = {},
                     .body = std::string(request.body),
                     .keep_alive = request.keep_alive,
                     .expects_continue = request.expects_continue};
  for (const Header& header : request.headers) copied.headers.emplace_back(header.name, header.value);
  return copied;
}

/// Reads everything in `text`, offered in pieces of `piece` bytes.
inline ReadResult read_requests(std::string_view text, std::size_t piece = std::string_view::npos,
                                const Limits& limits = {}) {
  ReadResult result;
  RequestParser parser(limits);
  while (!text.empty() && parser.state() != RequestParser::State::failed) {
    std::string_view offered = text.substr(0, piece);
    text.remove_prefix(offered.size());
    while (!offered.empty() && parser.state() != RequestParser::State::failed) {
      offered.remove_prefix(parser.feed(offered));
      if (parser.state() != RequestParser::State::complete) continue;
      result.requests.push_back(copy(parser.request()));
      parser.next();
    }
  }
  result.state = parser.state();
  if (result.state == RequestParser::State::failed) {
    result.status = parser.error().status;
    result.message = parser.error().message;
  }
  return result;
}

}  // namespace trellis::http::testing
