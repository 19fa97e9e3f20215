/// Makes a request of the fields of an HTTP/2 header block (RFC 9113, 8.3).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/request.hpp"

namespace transport_http {

/// Collects the fields of one stream, within the limits of a head. Beyond them they are counted and not kept, because
/// header compression goes on whatever one stream wants.
class Http2Head {
 public:
  explicit Http2Head(const trellis::http::Limits& limits) : limits_(limits) {}
  Http2Head(const Http2Head&) = delete;  // the request's views point into our buffers
  Http2Head& operator=(const Http2Head&) = delete;

  void add(std::string_view name, std::string_view value);
  /// A field that no request may have.
  void add_malformed() { fail({400, "a header field is malformed"}); }
  /// A field after the body. It is counted and thrown away.
  void add_trailer(std::string_view name, std::string_view value) { count(name, value); }

  /// Bytes of fields seen, whether kept or not.
  std::size_t bytes() const noexcept { return bytes_; }
  /// What is wrong so far.
  const std::optional<trellis::http::ParseError>& error() const noexcept { return error_; }

  /// The head is complete. Fills the request, whose views live as long as this, or answers what is wrong.
  std::optional<trellis::http::ParseError> finish(trellis::http::Request& request);
  /// Frees what was kept; the request is void.
  void forget();

 private:
  struct Field {
    std::string name;
    std::string value;
  };

  bool count(std::string_view name, std::string_view value);
  void add_pseudo(std::string_view name, std::string_view value);
  void fail(const trellis::http::ParseError& error);
  bool take_authority();

  const trellis::http::Limits& limits_;
  std::string method_;
  std::string target_;
  std::string authority_;
  std::vector<Field> fields_;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
  std::optional<trellis::http::ParseError> error_;
};

}  // namespace transport_http
