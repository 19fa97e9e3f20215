/// A SAS token taken apart: who signed it is not known yet.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

namespace http_credentials {

class SasToken {
 public:
  /// Reads "r={resource}&e={expiry}&s={signature}". Fails with Status::invalid.
  static trellis::Result<SasToken> parse(std::string_view text);

  /// What the signature is over: exactly as the client wrote it, since clients encode in different ways.
  std::string_view signed_text() const noexcept { return signed_text_; }
  std::string_view signature() const noexcept { return signature_; }
  std::chrono::seconds expires() const noexcept { return expires_; }

  /// Whether the token is for one of those hosts, whatever their case, and for that path or what is below it. A path is
  /// percent-decoded as requests have it. Below is what follows after '/', or after ':', where the name of an operation
  /// begins: a token for /topics/orders opens /topics/orders:publish, but nothing of /topics/orders2.
  bool covers(std::span<const std::string> hosts, std::string_view path) const;

 private:
  std::string signed_text_;
  std::string signature_;
  std::string host_;  // without the port
  std::string path_;  // decoded, without '/' at the end
  std::chrono::seconds expires_{0};
};

}  // namespace http_credentials
