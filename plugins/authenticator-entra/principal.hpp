/// Who a believed token speaks of.
#pragma once

#include <chrono>
#include <string>
#include <trellis/result.hpp>
#include <utility>
#include <vector>

#include "common/jose/claims.hpp"
#include "settings.hpp"

namespace entra {

struct Principal {
  std::string name;                                             ///< the authentication name
  std::vector<std::pair<std::string, std::string>> attributes;  ///< values are JSON
  std::chrono::milliseconds expires{};                          ///< Unix time, the skew included
};

/// From claims whose signature, audience and times were checked. Fails with Status::not_authorized, in a sentence that
/// may be shown to the client.
trellis::Result<Principal> principal_of(const jose::Claims& claims, const Settings& settings);

}  // namespace entra
