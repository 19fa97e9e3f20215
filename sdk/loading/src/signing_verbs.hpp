// plugin keygen, plugin sign, plugin verify.
#pragma once

#include <trellis/console/verbs.hpp>
#include <vector>

namespace trellis::loading {

std::vector<console::Verb> signing_verbs();

}  // namespace trellis::loading
