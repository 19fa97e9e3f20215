#include "incoming_ids.hpp"

#include <algorithm>

namespace trellis::mqtt {
namespace {

// First byte of a memo, so that a later form can be told apart.
constexpr char kForm = 1;

bool erase_from(std::vector<std::uint16_t>& ids, std::uint16_t packet_id) {
  const auto place = std::lower_bound(ids.begin(), ids.end(), packet_id);
  if (place == ids.end() || *place != packet_id) return false;
  ids.erase(place);
  return true;
}

}  // namespace

bool IncomingIds::insert(std::uint16_t packet_id) {
  if (ids_.empty() || ids_.back() < packet_id) {
    ids_.push_back(packet_id);
    return true;
  }
  const auto place = std::lower_bound(ids_.begin(), ids_.end(), packet_id);
  if (*place == packet_id) return false;
  ids_.insert(place, packet_id);
  return true;
}

bool IncomingIds::erase(std::uint16_t packet_id) {
  if (!erase_from(ids_, packet_id)) return false;
  erase_from(loaded_, packet_id);
  return true;
}

bool IncomingIds::contains(std::uint16_t packet_id) const {
  return std::binary_search(ids_.begin(), ids_.end(), packet_id);
}

std::string IncomingIds::save() const {
  std::string memo;
  if (ids_.empty()) return memo;
  memo.reserve(1 + 2 * ids_.size());
  memo += kForm;
  for (const std::uint16_t id : ids_) {
    memo += static_cast<char>(id >> 8);
    memo += static_cast<char>(id);
  }
  return memo;
}

void IncomingIds::load(std::string_view memo) {
  ids_.clear();
  loaded_.clear();
  if (memo.size() % 2 == 0 || memo[0] != kForm) return;
  for (std::size_t i = 1; i < memo.size(); i += 2) {
    insert(
        static_cast<std::uint16_t>(static_cast<unsigned char>(memo[i]) << 8 | static_cast<unsigned char>(memo[i + 1])));
  }
  loaded_ = ids_;
}

}  // namespace trellis::mqtt
