// The verbs that start a broker: run and dev.
#pragma once

#include <vector>

#include "app/options.hpp"

namespace trellis::kernel {

std::vector<Verb> run_verbs();

}  // namespace trellis::kernel
