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
  std::string fits;         // a topic filter; or a client's name or, with `*` at its end, how names begin
  std::uint32_t level = 0;  // TRELLIS_DURABILITY_…
  bool operator==(const DurabilityRule&) const = default;
};

/// Levels are TRELLIS_DURABILITY_…. Of rules the first that fits counts.
struct Durability {
  std::uint32_t retained = 0;  // 0: nothing was said, nothing is kept
  std::uint32_t sessions = 0;
  std::vector<DurabilityRule> topics;
  std::vector<DurabilityRule> clients;
  bool operator==(const Durability&) const = default;
  /// What the rules say of a topic; 0: nothing.
  std::uint32_t ruled(std::string_view topic) const noexcept;
  std::uint32_t of_retained(std::string_view topic) const noexcept;
  std::uint32_t of_session(std::string_view client) const noexcept;
};

}  // namespace trellis::keeping
