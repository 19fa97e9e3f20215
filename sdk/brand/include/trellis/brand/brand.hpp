// What a vendor's manifest says about the program, compiled in. See docs/vendor-builds.md.
#pragma once

#include <span>
#include <string_view>

namespace trellis::brand {

struct Brand {
  std::string_view name;                      // as people read it: "Trellis"
  std::string_view program;                   // as it is typed: "trellis"
  std::string_view version;                   // "0.1.0", with the vendor's suffix "0.1.0+acme1"
  std::string_view core;                      // the project's version that this is a build of
  std::string_view summary;                   // first line of --help
  std::string_view banner;                    // said at start; empty: nothing
  std::string_view config_file;               // read where none is named
  std::string_view vendor;                    // who ships it; empty: the project itself
  std::string_view locked;                    // JSON object: pointer into the configuration -> its value
  std::string_view signatures;                // "off", "warn" or "require": of plugin files, at least
  std::span<const std::string_view> keys;     // public keys that sign plugins
  std::span<const std::string_view> revoked;  // ids of keys that do no longer
};

const Brand& brand();

}  // namespace trellis::brand
