/// Packet identifiers of messages on their way to a client.
#pragma once

#include <cstdint>
#include <vector>

namespace trellis::mqtt {

/// What the client has to send next for an identifier.
enum class Awaiting : std::uint8_t { nothing, puback, pubrec, pubcomp };

/// Identifier -> lease of the delivery it names, or lock of what came by a stream. Belongs to one connection.
///
/// A flat table: identifier n is slot n-1. Identifiers are handed out round-robin, so the next slot is nearly always
/// the oldest and free. Grows with what is in flight at once, up to the window the kernel keeps.
class PacketIds {
 public:
  struct Slot {
    std::uint64_t lease = 0;
    Awaiting awaiting = Awaiting::nothing;
    std::uint16_t stream = 0;  // that brought it; 0: none, or that has ended
  };

  /// An unused identifier; 0 when all 65,535 are in use, which the window rules out.
  std::uint16_t take(std::uint64_t lease, Awaiting awaiting, std::uint16_t stream = 0);
  /// A certain identifier, for a delivery that had it on an earlier connection. False when it is in use.
  bool claim(std::uint16_t packet_id, std::uint64_t lease, Awaiting awaiting);
  /// The slot in use of that identifier, or null.
  Slot* find(std::uint16_t packet_id) noexcept {
    if (packet_id == 0 || packet_id > slots_.size()) return nullptr;
    Slot& slot = slots_[packet_id - 1U];
    return slot.awaiting == Awaiting::nothing ? nullptr : &slot;
  }
  void release(Slot& slot) noexcept {
    slot.awaiting = Awaiting::nothing;
    --used_;
  }
  /// What a stream brought is not its any more; the client still has to acknowledge it.
  void disown(std::uint16_t stream) noexcept;
  std::uint32_t used() const noexcept { return used_; }
  /// No identifier above that is in use.
  std::size_t size() const noexcept { return slots_.size(); }

 private:
  static constexpr std::size_t kMost = 65'535;

  std::vector<Slot> slots_;
  std::uint32_t used_ = 0;
  std::uint32_t next_ = 0;
};

}  // namespace trellis::mqtt
