// One plugin's settings, from the text of its schema to the text that configure() receives.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>
#include <trellis/schema/document.hpp>

namespace trellis::schema {

/// Where else the plugin takes settings: the schema of that place, and its name for people.
struct OtherBlock {
  std::string_view schema = {};
  std::string_view place = {};
};

/// Checks `value`, which stands at `pointer` of the document, against a plugin's schema. Returns it as one line of
/// JSON with defaults filled in and units as integers, or nothing with the reason in `diagnostics`.
/// schema_text: as the plugin carries it; empty: it takes no settings. plugin: its name, for diagnostics. other: a key
/// that belongs there gets a note that says so.
std::optional<std::string> check_block(Document& document, const Json::Value& value, const std::string& pointer,
                                       std::string_view schema_text, std::string_view plugin, Diagnostics& diagnostics,
                                       const OtherBlock& other = {});

}  // namespace trellis::schema
