/// If-Match and If-None-Match (RFC 9110, 13.1): an entity tag is a revision in quotes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace management {

/// "17" with its quotes.
std::string to_tag(std::uint64_t revision);

/// A list of tags, or "*".
class EntityTags {
 public:
  /// Nothing where the field is not of that form. Tags that are no revisions of ours fit nothing.
  static std::optional<EntityTags> parse(std::string_view field);

  bool any() const noexcept { return any_; }
  bool contains(std::uint64_t revision) const noexcept;

 private:
  bool any_ = false;
  std::vector<std::uint64_t> revisions_;
};

}  // namespace management
