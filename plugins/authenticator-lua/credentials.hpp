// What a client showed, kept beyond the call that brought it.
#pragma once

#include <string>
#include <trellis/authenticator.hpp>
#include <vector>

namespace lua {

class OwnedCredentials {
 public:
  explicit OwnedCredentials(const trellis::AuthRequest& request);
  ~OwnedCredentials();
  OwnedCredentials(const OwnedCredentials&) = delete;
  OwnedCredentials& operator=(const OwnedCredentials&) = delete;

  const trellis_credentials& get() const noexcept { return credentials_; }

 private:
  trellis_view keep(std::string_view text);

  std::string texts_;  // never grows, so that views stay
  std::vector<trellis_view> certificates_;
  std::vector<trellis_pair> properties_;
  trellis_credentials credentials_{};
};

}  // namespace lua
