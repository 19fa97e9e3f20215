/// Packet identifiers of QoS 2 messages a client has not released yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::mqtt {

/// A small sorted set. Clients count upwards and release in order, so insertions happen at the end.
/// Part of the session: save() and load() carry it from one owner of a subscriber to the next.
class IncomingIds {
 public:
  /// False when it is there already.
  bool insert(std::uint16_t packet_id);
  bool erase(std::uint16_t packet_id);
  bool contains(std::uint16_t packet_id) const;
  /// How many were inserted since load(): Receive Maximum is about one connection (4.9).
  std::size_t inserted() const noexcept { return ids_.size() - loaded_.size(); }
  bool empty() const noexcept { return ids_.empty(); }

  std::string save() const;
  /// Takes what save() wrote; anything else leaves the set empty.
  void load(std::string_view memo);

 private:
  std::vector<std::uint16_t> ids_;
  std::vector<std::uint16_t> loaded_;  // those of ids_ that came with load()
};

}  // namespace trellis::mqtt
