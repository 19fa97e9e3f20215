/// What files say should be there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <trellis/result.hpp>
#include <vector>

#include "ctl/terminal.hpp"

namespace management::ctl {

/// One resource that should be there, or should not.
struct Manifest {
  std::string name_space;  ///< empty: that of the command line
  std::string type;
  std::string name;                       ///< "orders/audit" of what belongs to "orders"
  std::optional<std::string> properties;  ///< JSON; none: it has to go
  std::string place;                      ///< "plant.json:12"
};

struct Manifests {
  std::vector<Manifest> all;
  std::size_t skipped = 0;  ///< of a list of what is there: what only files of the broker, or the broker, may change
};

/// Reads files, folders (their *.json, *.jsonl and *.ndjson) and "-", the standard input. A file is like those of the
/// broker's folder of resources, {"TYPE": {"NAME": {…}}}, or has JSON lines or an array of {"type", "name",
/// "properties"}.
trellis::Result<Manifests> read_manifests(const std::vector<std::string>& paths, const Terminal& terminal);

/// The properties of one resource in a file of its own, with or without "properties" around them.
trellis::Result<std::string> read_one(const std::string& path, const Terminal& terminal);
/// The same from key=value; a value that is JSON is that, any other one is text.
trellis::Result<std::string> read_pairs(const std::vector<std::string>& pairs);

}  // namespace management::ctl
