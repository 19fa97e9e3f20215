// build: what a vendor ships, from a source tree.
#pragma once

#include <trellis/console/verbs.hpp>

namespace trellis::loading {

console::Verb build_verb();

}  // namespace trellis::loading
