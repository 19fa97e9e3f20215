// The little XML that storage accounts speak.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azure_storage {

/// A text between tags.
std::string escape_xml(std::string_view text);
/// What was meant by one, as far as it has the five entities that XML knows by itself.
std::string unescape_xml(std::string_view text);

/// What stands between the first <name> and the </name> behind it, as it is; empty where there is none. Of documents
/// whose elements have no attributes: error codes, markers.
std::string_view element(std::string_view document, std::string_view name);

/// The same of all of them, in order. Nested ones of one name do not exist where this is used.
std::vector<std::string_view> elements(std::string_view document, std::string_view name);

}  // namespace azure_storage
