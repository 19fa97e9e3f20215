/// Whether a token opens a namespace.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <trellis/result.hpp>

#include "common/jose/accept.hpp"
#include "trust.hpp"

namespace jwt {

struct Judgement {
  std::optional<jose::Claims> claims;  ///< nothing: refused, for this reason
  trellis::Error refusal;
  /// Newer keys of the issuer than these may change that; null: there are none yet.
  bool lacks_key = false;
  std::shared_ptr<const jose::KeySet> seen;
};

/// audiences: those that count. now: Unix time.
Judgement judge(const Trust& trust, const jose::Token& token, const std::vector<std::string>& audiences,
                std::chrono::seconds now);

}  // namespace jwt
