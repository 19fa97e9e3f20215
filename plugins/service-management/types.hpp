/// What the types of resources are, as the broker describes them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/host.hpp>
#include <trellis/json.hpp>
#include <vector>

namespace management {

/// Its name as declared, whatever the case it is asked in; nothing where there is none.
std::optional<std::string> find_type(const trellis::Host& host, std::string_view asked);

/// Type of what those of a type belong to; empty: each stands by itself.
std::string parent_of(const trellis::Host& host, std::string_view type);
/// The types whose resources belong to those of a type.
std::vector<std::string> child_types(const trellis::Host& host, std::string_view type);

/// Names of a type that need no resource because others say that they always are there, like the group of all clients.
std::vector<std::string> built_in_names(const trellis::Host& host, std::string_view type);

/// All of them as JSON, {"value": […]}, those that others name before these. extra: further members of the answer.
std::string describe_types(const trellis::Host& host, std::string_view extra);

/// Where the properties of a type hold secrets.
class SecretPlaces {
 public:
  static constexpr std::string_view kHidden = "***";

  static SecretPlaces of(const trellis::Host& host, std::string_view type);

  /// The properties as they may be shown.
  std::string hide(std::string_view properties) const;
  /// A pointer to where properties hold what hide() writes, which is nobody's secret; empty: nowhere.
  std::string hidden_in(std::string_view properties) const;

 private:
  struct Place {
    bool secret = false;
    std::map<std::string, Place> members = {};
    std::unique_ptr<Place> each = nullptr;  // of items, and of members that have no name
    bool any() const { return secret || each != nullptr || !members.empty(); }
  };
  static Place read(const trellis::json::Value& schema);
  static const Place* below(const Place& place, std::string_view key);
  static std::string write(const Place& place, const trellis::json::Value& value);
  static std::string find_hidden(const Place& place, const trellis::json::Value& value);

  Place root_;
};

}  // namespace management
