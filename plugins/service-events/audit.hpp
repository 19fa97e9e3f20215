/// Who asked the event API for how much: Event Grid's DataPlaneRequests.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>
#include <trellis/shard.hpp>
#include <unordered_map>

#include "witness.hpp"

namespace events_service {

struct AuditSettings {
  std::chrono::milliseconds interval{60'000};
  std::size_t combinations = 0;  ///< of one shard in that time

  static trellis::Schema schema();
  static AuditSettings read(const trellis::Config& config);
};

/// One shard's part: counts requests and writes a line for each combination, once in a while. A combination that was
/// counted already costs no allocation.
class Audit {
 public:
  Audit(const trellis::Shard& shard, const AuditSettings& settings);
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;
  ~Audit() { write(); }

  void count(const Client& client, Outcome outcome);
  /// What was counted since it was written.
  void write() noexcept;

 private:
  /// Without room between its members, so that its bytes are its value.
  struct Key {
    trellis::IpAddress address;
    std::array<char, 16> tls;
    std::uint32_t name_space;
    Shown shown;
    Outcome outcome;
    std::array<char, 2> none{};
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  void write_one(const Key& key, std::uint64_t operations) const;
  void wait();

  const trellis::Shard& shard_;
  const AuditSettings settings_;
  std::unordered_map<Key, std::uint64_t, Hash> counts_;
  std::array<std::uint64_t, kOutcomes> others_{};  // beyond so many combinations, by outcome
  trellis::Timer timer_;
};

/// "loopback", "private", "public"; "local" where it has no address.
std::string_view network_of(const trellis::IpAddress& address) noexcept;

}  // namespace events_service
