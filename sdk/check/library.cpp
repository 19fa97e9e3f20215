// Maps plugin files the way the broker does: everything resolved at once, nothing shared with other plugins.
#include "library.hpp"

#include <dlfcn.h>

#include <string_view>

namespace trellis::check {

Result<const trellis_plugin*> open_library(const std::string& path) {
  // Without a slash the loader would search its own directories.
  const std::string place = path.find('/') == std::string::npos ? "./" + path : path;
  void* library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const std::string said = dlerror();
    const bool symbol = said.find("undefined symbol") != std::string::npos;
    const std::size_t text = said.find(": ");
    return fail("cannot be loaded: " + (text == std::string::npos ? said : said.substr(text + 2)) +
                (symbol ? "; link the library that has it, -Wl,--no-undefined finds it at build time" : ""));
  }
  const auto* entry = static_cast<const trellis_plugin*>(dlsym(library, TRELLIS_PLUGIN_SYMBOL));
  if (entry == nullptr) {
    return fail("does not export " TRELLIS_PLUGIN_SYMBOL "; is TRELLIS_PLUGIN(...) in one of its sources?");
  }
  return entry;
}

}  // namespace trellis::check
