/// What clients have left of the quotas that an authorizer gave them: of one name, on all its connections together, and
/// after it connected again too.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "rates.hpp"

namespace trellis::mqtt {

/// One bucket for each quota.
struct QuotaBuckets {
  Bucket publishes;
  Bucket publish_bytes;

  std::uint64_t owed_ms(std::uint64_t now_ms) const noexcept {
    return std::max(publishes.owed_ms(now_ms), publish_bytes.owed_ms(now_ms));
  }
  bool full(std::uint64_t now_ms) const noexcept { return publishes.full(now_ms) && publish_bytes.full(now_ms); }
};

/// Found once for each connection; taking from one needs no lock. [any]
class QuotaTable {
 public:
  /// most: of names nobody is connected under, or half as many as there were when it was last looked, whichever is
  /// more. Those whose buckets are full again lose nothing by being forgotten; where that is not enough, the others are
  /// forgotten too.
  explicit QuotaTable(std::size_t most = 65'536) : most_(most) {}

  /// Those of a name, whatever its case; nobody shares those of an empty one.
  std::shared_ptr<QuotaBuckets> of(std::uint32_t name_space, std::string_view name, std::uint64_t now_ms);
  std::size_t size() const;

 private:
  void forget(std::uint64_t now_ms);

  const std::size_t most_;
  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, std::shared_ptr<QuotaBuckets>> buckets_;
  std::size_t forget_at_ = 0;  // how many there are then
};

}  // namespace trellis::mqtt
