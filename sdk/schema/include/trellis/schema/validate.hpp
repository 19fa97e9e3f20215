// Checks a value against a schema: all mistakes at once, and the value as the program wants it.
#pragma once

#include <json/value.h>

#include <string>
#include <string_view>
#include <trellis/schema/document.hpp>
#include <trellis/schema/schema.hpp>

namespace trellis::schema {

/// Checks `value`, which is (a copy of) a value of `document` and is called `pointer` in messages.
///
/// Returns it normalised: defaults filled in, sizes in bytes, durations in ms (or s, see x-unit), paths made absolute
/// from the document's folder. What was wrong is added to `diagnostics` and left as it was, so look at
/// diagnostics.ok() before using the result. Values of format "secret" are marked in `document`.
///
/// Run substitute_secrets() first: it works on the text of strings, this on their meaning.
Json::Value validate(Document& document, const Json::Value& value, std::string_view pointer, const Schema& schema,
                     Diagnostics& diagnostics);

/// The same against one node of a schema.
Json::Value validate(Document& document, const Json::Value& value, std::string_view pointer, const SchemaNode& node,
                     Diagnostics& diagnostics);

/// The whole document.
Json::Value validate(Document& document, const Schema& schema, Diagnostics& diagnostics);

}  // namespace trellis::schema
