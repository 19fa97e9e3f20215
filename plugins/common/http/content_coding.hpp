/// Content codings: what a request is coded with, and what its sender takes (RFC 9110, 8.4 and 12.5.3).
#pragma once

#include <optional>
#include <string_view>

#include "request.hpp"

namespace trellis::http {

/// The one coding a Content-Encoding field names. Nothing for one that is not spoken here, and for several: each could
/// make much of little, and nobody sends them.
std::optional<ContentCoding> parse_content_encoding(std::string_view value);

/// Whether an answer to this request should be compressed with gzip.
///
/// It is what the client takes and does not like less than no coding. A client that takes neither gets no coding:
/// the request has been carried out, and an answer in the wrong form tells more than 406.
bool wants_gzip(const Request& request);

/// Whether a body of that Content-Type becomes smaller: text, JSON, XML and what is made of them.
bool is_text_like(std::string_view content_type);

}  // namespace trellis::http
