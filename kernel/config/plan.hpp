// What differs between two validated configurations, so that a reload touches nothing else.
#pragma once

#include <json/value.h>

#include <string>
#include <string_view>
#include <vector>

namespace trellis::kernel::config {

struct Change {
  enum class Kind { added, removed, changed };
  Kind kind = Kind::changed;
  std::string pointer;      // in the new configuration; of what was removed: in the old one
  std::string old_pointer;  // in the old one; differs if list items moved; empty if added
};

/// The differing values, as deep as possible: {"a":{"b":1}} → {"a":{"b":2}} is one change of /a/b. Items of lists of
/// objects that all have a distinct "name" (or else "id") are matched by it, so inserting one moves none; other
/// lists are matched by position. Never holds a value, so it can be logged.
std::vector<Change> plan(const Json::Value& before, const Json::Value& after);

/// True if a change lies at, below or above `pointer`.
bool touches(const std::vector<Change>& changes, std::string_view pointer);

/// "changed /limits/queue_bytes", one per line.
std::string to_text(const std::vector<Change>& changes);

}  // namespace trellis::kernel::config
