// Reads JSON the program printed; a test fails where it is none.
#pragma once

#include <json/json.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace trellis::testing {

/// Throws std::runtime_error, with the text, where it is not one JSON value.
inline Json::Value parse_json(const std::string& text) {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["strictRoot"] = false;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  std::string errors;
  if (!reader->parse(text.data(), text.data() + text.size(), &value, &errors))
    throw std::runtime_error("this is no JSON: " + errors + "\n" + text);
  return value;
}

}  // namespace trellis::testing
