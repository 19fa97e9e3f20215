// What of a namespace survives what.
#pragma once

#include <trellis/abi/store.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::keeping {

/// How well what fits is kept, whatever else is said.
struct DurabilityRule {
  std::string topics;       // a topic filter, or empty
  std::string clients;      // a name or, with `*` at its end, how names begin; or empty
  std::uint32_t level = 0;  // TRELLIS_DURABILITY_…
  bool operator==(const DurabilityRule&) const = default;
};

/// Levels are TRELLIS_DURABILITY_….
struct Durability {
  std::uint32_t retained = 0;  // 0: nothing was said, nothing is kept
  std::uint32_t sessions = 0;
  std::vector<DurabilityRule> rules;
  bool operator==(const Durability&) const = default;
  /// Of the first rule that fits; 0: none does.
  std::uint32_t ruled(std::string_view topic) const noexcept;
  std::uint32_t of_retained(std::string_view topic) const noexcept;
  std::uint32_t of_session(std::string_view client) const noexcept;
};

}  // namespace trellis::keeping
