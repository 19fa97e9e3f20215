// Plugins that are parts of the program. See trellis_link_static_plugins().
#pragma once

#include <trellis/abi/plugin.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::loading {

class Library;

/// Called while the program's objects are made, before anything asks. Always true, so that it can begin an object.
bool add_builtin(std::initializer_list<const trellis_plugin*> plugins);

/// Null where there is none of that id, with error empty, or where it does not fit this broker.
std::shared_ptr<const Library> builtin(std::string_view id, std::string& error);
std::vector<std::string> builtin_ids();

}  // namespace trellis::loading
