/// Another reader's word on what the event API writes.
#pragma once

#include <simdjson.h>

#include <string_view>

namespace trellis::fuzz {

/// Whether the text is JSON. Numbers beyond what that reader counts with are numbers.
inline bool is_json(std::string_view text) {
  simdjson::dom::parser parser;
  const auto error = parser.parse(text.data(), text.size()).error();
  return error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR;
}

}  // namespace trellis::fuzz
