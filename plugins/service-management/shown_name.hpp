/// What an answer calls a resource, read back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace management {

struct ShownName {
  std::string parent_type;  ///< "topics"; empty: none is told
  std::string type;         ///< "eventSubscriptions"
  std::string name;         ///< as the broker calls it: "orders/audit"
};

/// type: "eventSubscriptions", or in full as answers have it, with a parent's type before the last slash. Where that is
/// there and the name is the last part alone, the rest is taken from the id. Nothing where the id does not tell it.
std::optional<ShownName> read_shown(std::string_view type, std::string_view name, std::string_view id);

}  // namespace management
