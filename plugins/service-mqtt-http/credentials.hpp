/// What a request shows to prove whose it is.
#pragma once

#include <trellis/abi/identity.h>

#include <optional>
#include <string>
#include <string_view>
#include <trellis/view.hpp>
#include <vector>

#include "problem.hpp"

namespace mqtt_http {

/// Owns what it found; a secret.
class Credentials {
 public:
  /// The header Authorization, if there is one: Basic or Bearer. A problem where it is there twice, or cannot be read.
  static std::optional<Problem> read(trellis::Pairs headers, const std::vector<std::string>& bearer_methods,
                                     Credentials& credentials);

  /// How many ways there are to show it: a token may be meant for several methods.
  std::size_t ways() const noexcept { return methods_.empty() ? 1 : methods_.size(); }
  trellis_credentials way(std::size_t index) const noexcept;

 private:
  std::vector<std::string> methods_;  // of a token; none: it is no token
  std::string token_;
  std::string username_;
  std::string password_;
  bool basic_ = false;
};

}  // namespace mqtt_http
