#include "common/cloud_event/attributes.hpp"

#include <algorithm>
#include <charconv>

namespace cloud_event {
namespace {

cesql::Value number(std::string_view written) noexcept {
  std::int32_t whole = 0;
  const auto [end, problem] = std::from_chars(written.data(), written.data() + written.size(), whole);
  const bool fits = problem == std::errc() && end == written.data() + written.size();
  return fits ? cesql::Value::of(whole) : cesql::Value::of(written);
}

}  // namespace

std::optional<cesql::Value> Attributes::find(std::string_view name) noexcept {
  const auto found = std::ranges::lower_bound(slots_, name, std::ranges::less{},
                                              [](const auto& slot) -> std::string_view { return slot.first; });
  if (found == slots_.end() || found->first != name) return std::nullopt;
  const Value& value = reading_[there_.empty() ? found->second : there_[found->second]];
  switch (value.type) {
    case Value::Type::text:
      return cesql::Value::of(value.text);
    case Value::Type::boolean:
      return cesql::Value::of(value.boolean);
    case Value::Type::number:
      return number(value.text);
    default:
      return std::nullopt;
  }
}

}  // namespace cloud_event
