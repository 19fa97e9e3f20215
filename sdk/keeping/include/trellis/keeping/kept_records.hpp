// Records that change on one thread and are kept by one shard, in that order, until the store has them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <trellis/keeping/keeper.hpp>
#include <vector>

namespace trellis::keeping {

/// A change the store failed to keep is asked for again every second; nobody is told before. On the keeper's shard.
class KeptRecords {
 public:
  KeptRecords(Shard& shard, Keeper& keeper) noexcept : shard_(shard), keeper_(keeper), retry_(*this) {}

  using Told = std::function<void()>;
  /// An empty value removes the key. told() is called once that and all that was added before is kept.
  void add(std::vector<std::pair<std::string, std::string>> records, Told told);

 private:
  struct Retry final : Timer {
    explicit Retry(KeptRecords& owner) noexcept
        : Timer([](Timer& timer) { static_cast<Retry&>(timer).records.write(); }), records(owner) {}
    KeptRecords& records;
  };
  using Changes = std::map<std::string, std::string>;
  static constexpr std::size_t kBytes = 256 * 1024;  // that are asked for at once, or one that is larger
  static constexpr std::uint64_t kRetryMs = 1000;

  void write();
  void answered(bool kept);

  Shard& shard_;
  Keeper& keeper_;
  Changes unkept_;   // not asked for yet
  Changes writing_;  // asked for
  std::vector<Told> waiting_;
  Retry retry_;
};

}  // namespace trellis::keeping
