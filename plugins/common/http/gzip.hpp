/// Bodies compressed and decompressed as a whole, with zlib.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "message.hpp"

namespace trellis::http {

/// The body as gzip (RFC 1952), quickly rather than small: an event loop waits for it. Nothing when memory is short.
std::optional<std::string> compress_gzip(std::string_view body);

/// Takes the coding off a body and writes it to `decoded`, or answers what is wrong: 400 for data that is not what it
/// claims to be, 413 for more than `limit` bytes. What little becomes much is noticed at the limit: no more is ever
/// held, and no more is decompressed.
std::optional<ParseError> decode_body(std::string_view body, ContentCoding coding, std::size_t limit,
                                      std::string& decoded);

}  // namespace trellis::http
