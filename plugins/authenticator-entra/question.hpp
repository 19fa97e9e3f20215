/// Clients whose tokens wait for keys.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <trellis/authenticator.hpp>

#include "believed.hpp"

namespace entra {

/// What is asked, without the call that asked it.
struct Question {
  trellis::AuthReply reply;
  std::shared_ptr<const Believed> believed;
  std::optional<jose::Token> token;
  std::string name_space;
  bool again = false;  ///< a client that is let in already proves itself
};

}  // namespace entra
