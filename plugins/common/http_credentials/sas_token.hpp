/// A SAS token taken apart: who signed it is not known yet.
#pragma once

#include <chrono>
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
  /// What it is for: no secret.
  const std::string& host() const noexcept { return host_; }
  const std::string& path() const noexcept { return path_; }

  /// Whether the token is for that host, whatever its case.
  bool is_for(std::string_view host) const noexcept;
  /// Whether it is for that path or what is below it. A path is percent-decoded as requests have it. Below is what
  /// follows after '/', or after ':', where the name of an operation begins: a token for /topics/orders opens
  /// /topics/orders:publish, but nothing of /topics/orders2. The case of the words of the API does not count, that of
  /// names does.
  bool covers(std::string_view path) const noexcept;

 private:
  std::string signed_text_;
  std::string signature_;
  std::string host_;  // without the port
  std::string path_;  // decoded, without '/' at the end
  std::chrono::seconds expires_{0};
};

}  // namespace http_credentials
