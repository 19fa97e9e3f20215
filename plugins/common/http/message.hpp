/// What requests and responses have in common once they have been read, and what may be wrong with one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::http {

/// How much of a message is believed. The defaults suit an API, not a browser with a jar of cookies.
struct Limits {
  std::size_t target_bytes = 8 * 1024;  ///< of the request target
  std::size_t head_bytes = 16 * 1024;   ///< first line and all header fields
  std::size_t header_count = 100;       ///< header fields, and again trailer fields
  std::size_t body_bytes = 1024 * 1024;
};

/// One header field. The name is lower case.
struct Header {
  std::string_view name;
  std::string_view value;
};

/// Why a message cannot be understood: the status to answer a request with, and a sentence. In HTTP/1.1 the connection
/// has to be closed after it, because nobody knows where the next message begins.
struct ParseError {
  std::uint32_t status = 400;
  std::string_view message;  ///< static text; never quotes what the peer sent

  /// Whether a limit of ours was passed, rather than a rule of HTTP.
  bool too_large() const noexcept { return status == 413 || status == 414 || status == 431; }
};

/// How a body is compressed.
enum class ContentCoding { identity, gzip, deflate };

/// The fields of a message's head, and its body once complete. Views live until its parser goes on.
struct Message {
  std::vector<Header> headers;
  std::string_view body;

  std::uint32_t minor = 1;                         ///< of the version: 0 or 1
  bool keep_alive = true;                          ///< the sender is ready for another message on the connection
  bool chunked = false;                            ///< the body's length is told by chunks
  std::optional<std::uint64_t> content_length;     ///< as announced; none when chunked or without a body
  ContentCoding coding = ContentCoding::identity;  ///< of the body, until decode() took it off

  /// Takes the coding off the complete body, which from then on lies in `storage`; the fields that told of it go.
  /// Answers what is wrong.
  std::optional<ParseError> decode(const Limits& limits, std::string& storage);

  /// The first field of that (lower case) name.
  std::optional<std::string_view> header(std::string_view name) const noexcept;
};

}  // namespace trellis::http
