// What matches what, told level by level: the index and the retained messages are judged by it.
#pragma once

#include <string_view>

#include "message/topic.hpp"

namespace trellis::kernel::testing {

/// Wildcards in the first level do not match topics beginning with '$'.
inline bool topic_matches(std::string_view filter, std::string_view topic) noexcept {
  if (!topic.empty() && topic[0] == '$' && !filter.empty() && (filter[0] == '+' || filter[0] == '#')) return false;
  LevelCursor f(filter);
  LevelCursor t(topic);
  while (f.more()) {
    const std::string_view level = f.next();
    if (level == "#") return true;
    if (!t.more()) return false;
    const std::string_view name = t.next();
    if (level != "+" && level != name) return false;
    if (!t.more() && f.more()) return f.next() == "#";  // "a/#" matches "a" too
  }
  return !t.more();
}

}  // namespace trellis::kernel::testing
