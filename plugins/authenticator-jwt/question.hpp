/// The questions that wait for an issuer's keys.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <trellis/authenticator.hpp>

#include "common/jose/token.hpp"
#include "common/jwks/issuer_keys.hpp"

namespace jwt {

struct Question {
  trellis::AuthReply reply;
  std::optional<jose::Token> token;
  std::string name_space;
  std::shared_ptr<jwks::IssuerKeys> issuer;
  bool again = false;  ///< a client that is let in already proves itself
};

}  // namespace jwt
