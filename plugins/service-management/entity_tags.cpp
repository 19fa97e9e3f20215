#include "entity_tags.hpp"

#include <algorithm>
#include <charconv>

namespace management {
namespace {

void skip_blanks(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

}  // namespace

std::string to_tag(std::uint64_t revision) { return '"' + std::to_string(revision) + '"'; }

std::optional<EntityTags> EntityTags::parse(std::string_view field) {
  EntityTags tags;
  skip_blanks(field);
  if (field == "*") {
    tags.any_ = true;
    return tags;
  }
  while (true) {
    if (field.starts_with("W/")) field.remove_prefix(2);  // a proxy that compresses makes them weak
    const std::size_t end = field.find('"', 1);
    if (!field.starts_with('"') || end == std::string_view::npos) return std::nullopt;
    const std::string_view tag = field.substr(1, end - 1);
    std::uint64_t revision = 0;
    const auto parsed = std::from_chars(tag.data(), tag.data() + tag.size(), revision);
    if (parsed.ec == std::errc{} && parsed.ptr == tag.data() + tag.size()) tags.revisions_.push_back(revision);
    field.remove_prefix(end + 1);
    skip_blanks(field);
    if (field.empty()) return tags;
    if (!field.starts_with(',')) return std::nullopt;
    field.remove_prefix(1);
    skip_blanks(field);
  }
}

bool EntityTags::contains(std::uint64_t revision) const noexcept {
  return any_ || std::ranges::find(revisions_, revision) != revisions_.end();
}

}  // namespace management
