// The attributes of an event that was read, for expressions that ask for them by name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/cesql/value.hpp"
#include "common/cloud_event/value.hpp"

namespace cloud_event {

/// The slots of attributes by their names, in order.
using AttributeSlots = std::vector<std::pair<std::string, std::uint32_t>>;

/// All are borrowed. Values are text, true or false, or whole numbers of 32 bits; other numbers are text as they were
/// written, and whatever else a member may be is no attribute.
class Attributes final : public cesql::Attributes {
 public:
  /// Where another Keys was read than the slots are of, `there` has the slot of it for each.
  Attributes(const Reading& reading, const AttributeSlots& slots, std::span<const std::uint32_t> there) noexcept
      : reading_(reading), slots_(slots), there_(there) {}

  std::optional<cesql::Value> find(std::string_view name) noexcept override;

 private:
  const Reading& reading_;
  const AttributeSlots& slots_;
  std::span<const std::uint32_t> there_;
};

}  // namespace cloud_event
