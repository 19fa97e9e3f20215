/// Feeds text to a response parser in pieces of any size and keeps a copy of what comes out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/response_parser.hpp"

namespace trellis::http::testing {

struct ReadResponse {
  ResponseParser::State state = ResponseParser::State::head;
  std::uint32_t status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool keep_alive = true;
  std::size_t used = 0;  ///< bytes of the text
  std::string error;
  bool too_large = false;

  bool operator==(const ReadResponse&) const = default;
};

/// Reads one response at the beginning of `text`, offered in pieces of `piece` bytes. closes: the server ends the
/// connection after it.
inline ReadResponse read_response(std::string_view text, std::size_t piece = std::string_view::npos,
                                  const Limits& limits = {}, Asked asked = Asked::something, bool closes = false) {
  ResponseParser parser(limits, asked);
  ReadResponse result;
  const auto going = [&] { return parser.state() < ResponseParser::State::complete; };
  while (!text.empty() && going()) {
    std::string_view offered = text.substr(0, piece);
    text.remove_prefix(offered.size());
    while (!offered.empty() && going()) {
      const std::size_t used = parser.feed(offered);
      result.used += used;
      offered.remove_prefix(used);
    }
  }
  if (closes) parser.end();
  result.state = parser.state();
  if (result.state == ResponseParser::State::failed) {
    // How much of what is wrong was used depends on the cut.
    result.used = 0;
    result.error = parser.error().message;
    result.too_large = parser.error().too_large();
    return result;
  }
  const ReceivedResponse& response = parser.response();
  result.status = response.status;
  result.reason = response.reason;
  for (const Header& header : response.headers) result.headers.emplace_back(header.name, header.value);
  result.body = response.body;
  result.keep_alive = response.keep_alive;
  return result;
}

}  // namespace trellis::http::testing
