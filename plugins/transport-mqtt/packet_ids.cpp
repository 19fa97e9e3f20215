#include "packet_ids.hpp"

#include <algorithm>

namespace trellis::mqtt {

std::uint16_t PacketIds::take(std::uint64_t lease, Awaiting awaiting, std::uint16_t stream) {
  if (used_ == slots_.size()) {
    if (slots_.size() == kMost) return 0;
    next_ = static_cast<std::uint32_t>(slots_.size());
    slots_.resize(std::min(kMost, std::max<std::size_t>(8, 2 * slots_.size())));
  }
  while (true) {
    if (next_ >= slots_.size()) next_ = 0;
    Slot& slot = slots_[next_++];
    if (slot.awaiting != Awaiting::nothing) continue;
    slot = {lease, awaiting, stream};
    ++used_;
    return static_cast<std::uint16_t>(next_);
  }
}

bool PacketIds::claim(std::uint16_t packet_id, std::uint64_t lease, Awaiting awaiting) {
  if (packet_id == 0) return false;
  if (packet_id > slots_.size()) slots_.resize(packet_id);
  Slot& slot = slots_[packet_id - 1U];
  if (slot.awaiting != Awaiting::nothing) return false;
  slot = {lease, awaiting};
  ++used_;
  return true;
}

void PacketIds::disown(std::uint16_t stream) noexcept {
  for (Slot& slot : slots_) {
    if (slot.stream == stream) slot.stream = 0;
  }
}

}  // namespace trellis::mqtt
