/// A token in compact form, taken apart but not believed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

#include "common/jose/algorithm.hpp"

namespace jose {

struct Limits {
  std::size_t token_bytes = 8 * 1024;   ///< of the compact form
  std::size_t header_bytes = 2 * 1024;  ///< of the decoded header: it is read before the signature is checked
};

struct Header {
  Algorithm algorithm = Algorithm::rs256;
  std::optional<std::string> kid = std::nullopt;
  std::optional<std::string> type = std::nullopt;
};

/// Owns its texts. What it says is not to be used before its signature was checked: see accept.hpp.
class Token {
 public:
  /// Fails with Status::invalid where the text is no token, with not_authorized where it is signed by an algorithm this
  /// library does not know, or not at all.
  static trellis::Result<Token> parse(std::string_view text, const Limits& limits = {});

  const Header& header() const noexcept { return header_; }
  /// What the signature is made over.
  std::string_view signing_input() const noexcept { return signing_input_; }
  /// Decoded.
  std::string_view payload() const noexcept { return payload_; }
  std::string_view signature() const noexcept { return signature_; }

 private:
  Header header_;
  std::string signing_input_;
  std::string payload_;
  std::string signature_;
};

}  // namespace jose
