/// What is kept with an event of one subscription beyond the process, in the 64 bits of a tag.
#pragma once

#include <cstdint>

namespace events_service {

/// Why an event is never delivered again. The numbers are kept in stores.
enum class Fate : std::uint8_t {
  none = 0,
  rejected = 1,   ///< by who received it
  exhausted = 2,  ///< delivered as often as may be
  expired = 3,    ///< too old
  refused = 4     ///< by where it was pushed to
};

struct Mark {
  std::uint16_t deliveries = 0;
  Fate fate = Fate::none;  ///< it is on its way to the dead letters
  /// Unix time before which it is not delivered; 0: at once. On its way to the dead letters: until when that is tried.
  std::uint64_t until_s = 0;
  std::uint8_t cause = 0;  ///< TRELLIS_CAUSE_… of the last attempt to push it
  /// A handler has it: what came of the last of the deliveries is not known.
  bool under_way = false;

  static constexpr std::uint64_t kLatest = (std::uint64_t{1} << 40U) - 1;
  constexpr std::uint64_t tag() const noexcept {
    const std::uint64_t until = until_s < kLatest ? until_s : kLatest;
    return std::uint64_t{deliveries} | static_cast<std::uint64_t>(fate) << 16U | std::uint64_t{cause & 0xFU} << 20U |
           std::uint64_t{under_way} << 19U | until << 24U;
  }
  static constexpr Mark of(std::uint64_t tag) noexcept {
    const auto fate = static_cast<std::uint8_t>(tag >> 16U & 0x7U);
    return {static_cast<std::uint16_t>(tag), fate <= 4 ? static_cast<Fate>(fate) : Fate::none, tag >> 24U,
            static_cast<std::uint8_t>(tag >> 20U & 0xFU), (tag >> 19U & 1U) != 0};
  }
  bool operator==(const Mark&) const = default;
};

}  // namespace events_service
