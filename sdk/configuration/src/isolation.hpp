// Whether a plugin gets a process of its own, when it is left alone, and what is answered then.
#pragma once

#include <json/value.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <trellis/hosting/instance.hpp>

namespace trellis::configuration {

/// Told what is wrong, and at which key of the plugin's entry.
using WrongKey = std::function<void(const char* key, const std::string& why)>;

/// entry: the plugin's, which passed the schema; null where it has none. isolated: it was found too slow, and is to
/// have a process of its own. Nothing where it is wrong.
std::optional<hosting::Isolation> read_isolation(const Json::Value& entry, std::uint32_t kind, bool isolated,
                                                 const WrongKey& wrong);

}  // namespace trellis::configuration
