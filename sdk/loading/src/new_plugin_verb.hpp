// The verb that makes a folder to begin a plugin from.
#pragma once

#include <trellis/console/verbs.hpp>

namespace trellis::loading {

console::Verb new_plugin_verb();

}  // namespace trellis::loading
