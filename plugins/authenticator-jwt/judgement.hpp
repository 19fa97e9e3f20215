/// Whether a token opens a namespace.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <trellis/result.hpp>
#include <vector>

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

/// hosts: those of the namespace, which are the audiences where the settings name none; asked only for a token whose
/// signature is good. now: Unix time.
Judgement judge(const Trust& trust, const jose::Token& token, const std::function<std::vector<std::string>()>& hosts,
                std::chrono::seconds now);

}  // namespace jwt
