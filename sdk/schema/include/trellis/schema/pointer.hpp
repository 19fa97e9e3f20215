// JSON pointers (RFC 6901): how a place in a configuration is named.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::schema {

/// `pointer` with one more step, escaped.
std::string pointer_to(std::string_view pointer, std::string_view key);
std::string pointer_to(std::string_view pointer, std::size_t index);

/// The steps of a pointer, unescaped. Nothing if it is not one.
std::optional<std::vector<std::string>> pointer_steps(std::string_view pointer);

/// The value a pointer names, or null. The result lives as long as `root`.
const Json::Value* find(const Json::Value& root, std::string_view pointer);
Json::Value* find(Json::Value& root, std::string_view pointer);

}  // namespace trellis::schema
