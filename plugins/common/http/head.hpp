/// Reads a complete request head: the lines up to and including the empty one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "request.hpp"

namespace trellis::http {

/// Fills `request` from `head`, whose field names become lower case. The request's views point into `head`.
/// Answers what is wrong, or nothing.
///
/// Everything RFC 9112 lets a server repair is refused instead: see fields.hpp, and several hosts. A peer that sends
/// those is either broken or hopes that we and the proxy in front of us disagree about where the request ends.
std::optional<ParseError> parse_head(std::string& head, const Limits& limits, Request& request);

/// Fills in method, path, query and host, wherever the version of HTTP has them from. The request's views point into
/// the arguments, but for the path.
std::optional<ParseError> take_target(std::string_view method, std::string_view target, const Limits& limits,
                                      Request& request);

/// Gives meaning to the fields that decide how the message and the connection go on.
std::optional<ParseError> interpret_fields(const Limits& limits, Request& request);

}  // namespace trellis::http
