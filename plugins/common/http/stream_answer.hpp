/// One response of HTTP/2, as it arrives on its stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client.hpp"
#include "message.hpp"

namespace trellis::http {

/// Holds at most the head and the body of the limits. What HTTP/2 demands of fields and lengths nghttp2 checks before
/// they come here; interim responses are skipped, trailers are counted and thrown away.
class StreamAnswer {
 public:
  /// head_only: to a HEAD, whose length tells of a body that does not come.
  StreamAnswer(const Limits& limits, bool head_only) : limits_(limits), head_only_(head_only) {}

  // Nothing more is taken once there is an error().
  void add_field(std::string_view name, std::string_view value, bool well_formed);
  void end_head();
  void add_data(std::string_view data);
  /// The response is complete: takes the coding off its body.
  void finish();
  /// It breaks a rule of HTTP/2 and goes no further.
  void refuse() { fail({400, "the response breaks the rules of HTTP/2"}); }

  bool begun() const noexcept { return begun_; }
  std::uint32_t status() const noexcept { return status_; }
  /// Of all fields so far, also those beyond the limit.
  std::size_t field_bytes() const noexcept { return field_bytes_; }
  const std::optional<ParseError>& error() const noexcept { return error_; }
  /// What there is of it, to be taken away once.
  ClientResponse take(const Url& url);

 private:
  void check_length();
  std::string_view find(std::string_view name) const;
  void fail(const ParseError& error);

  Limits limits_;
  bool head_only_;
  bool begun_ = false;
  bool head_complete_ = false;
  std::uint32_t status_ = 0;
  std::uint32_t interim_ = 0;  // 1xx seen
  std::size_t field_bytes_ = 0;
  std::size_t field_count_ = 0;
  ClientHeaders headers_;
  std::string body_;
  std::optional<ParseError> error_;
};

}  // namespace trellis::http
