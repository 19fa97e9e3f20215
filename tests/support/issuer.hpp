// A real OIDC issuer for tests of what believes its tokens: issuer/issuer.mjs in a process of its own.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "support/child_process.hpp"

namespace trellis::testing {

/// Owns the process; the constructor returns once it serves and throws with its output when it does not. `settings` is
/// what issuer.mjs takes: {"clients": {"press-04": {"claims": {…}, "ttl": 600}}}.
class Issuer {
 public:
  explicit Issuer(const std::string& settings);

  /// Begins every token's "iss"; discovery is below it.
  const std::string& url() const { return url_; }
  /// The client's access token, fetched as the client itself would.
  std::string token(const std::string& client, const std::string& resource = "https://eventgrid.azure.net/");

  /// Signs with a new key from now on, with the old ones published still, or no more.
  void add_key();
  void replace_keys();
  /// Takes connections and answers nothing; goes on where it was.
  void hang();
  void go_on();
  /// At once, without a word to anybody.
  void die();

  std::string output() { return process_->output(); }

 private:
  void change_keys(int signal);

  std::unique_ptr<ChildProcess> process_;
  std::string url_;
  std::size_t changes_ = 0;
};

}  // namespace trellis::testing
