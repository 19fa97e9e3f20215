// Writes JSON for messages, manuals and dumps.
#pragma once

#include <json/value.h>

#include <string>

namespace trellis::schema {

/// One line, cut after `longest` bytes (0: never).
std::string to_line(const Json::Value& value, std::size_t longest = 0);

/// One line that reads back as exactly the same value: for programs. The others round numbers for people.
std::string to_exact(const Json::Value& value);

/// As people write it: two spaces per level, short lists of plain values on one line, a newline at the end.
std::string to_pretty(const Json::Value& value);

}  // namespace trellis::schema
