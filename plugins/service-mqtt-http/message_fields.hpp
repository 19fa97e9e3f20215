/// What the fields of a message say, wherever they stand. target: which one it is, for a problem.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <trellis/json.hpp>

#include "draft.hpp"

namespace mqtt_http {

std::optional<Problem> zero_or_one(std::string_view text, std::string target, std::uint32_t& out);
std::optional<Problem> read_expiry(std::string_view text, std::string target, Draft& draft);
std::optional<Problem> read_format(std::string_view text, std::string target, Draft& draft);
std::optional<Problem> read_correlation(std::string_view text, std::string target, Draft& draft);
/// A list of objects with one text each.
std::optional<Problem> read_pairs(const trellis::json::Value& list, const MessageLimits& limits, Draft& draft);

}  // namespace mqtt_http
