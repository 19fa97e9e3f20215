// What calls of a plugin cost: counted each, timed now and then.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <trellis/hosting/breaker.hpp>
#include <trellis/runtime/metrics.hpp>
#include <trellis/runtime/shard.hpp>
#include <vector>

namespace trellis::hosting {

using runtime::MetricId;
using runtime::Metrics;
using runtime::Shard;

/// The metrics of one function of a plugin's table.
struct Hook {
  static constexpr std::array<std::uint64_t, 7> kBoundsNs{100,       1000,       10'000,     100'000,
                                                          1'000'000, 10'000'000, 100'000'000};
  MetricId calls = 0;
  std::array<MetricId, kBoundsNs.size() + 1> buckets{};
  MetricId sum = 0;
  MetricId timeouts = 0;
  MetricId bypassed = 0;  // with a breaker
  MetricId open = 0;      // of the whole plugin
};

class Instance;
struct TableOfKind;

/// What stands for the plugin's state of one shard towards whoever calls the table. Belongs to its shard.
struct MeteredShard {
  const void* table = nullptr;  // the plugin's own
  void* state = nullptr;        // the plugin's own; null: not open
  Shard* shard = nullptr;
  const Instance* instance = nullptr;
  const Hook* hooks = nullptr;
  std::array<std::uint32_t, 2> turns{};  // of each hook
  std::optional<Breaker> breaker = {};

  MeteredShard() : pause(*this) {}
  struct Pause final : runtime::Timer {
    explicit Pause(MeteredShard& of) noexcept : Timer(&over), home(of) {}
    static void over(runtime::Timer& timer);
    MeteredShard& home;
  };
  Pause pause;  // of the breaker; armed while it is open
};

/// Stands before the table of an instance's kind: the same functions, which count and time those that cost, and pass
/// everything on. Whoever calls them passes shard() in place of the instance's state.
class Metering {
 public:
  static constexpr std::uint32_t kTimedEvery = 16;  // calls of a hook on a shard

  /// kind: one there is. own: the plugin's table of that kind; lives as long.
  Metering(std::uint32_t kind, const void* own);
  Metering(const Metering&) = delete;
  Metering& operator=(const Metering&) = delete;
  ~Metering();

  const void* table() const noexcept { return table_.get(); }

  /// When the plugin has started, which may have changed the flags of its table, and before the first shard is opened.
  /// [control]
  void start(const Instance& instance);
  /// state null: closed. [shard]
  void open(Shard& shard, void* state);
  /// Null where the shard is not open. [shard]
  void* shard(std::uint32_t index) noexcept;
  /// For whoever waits for answers to the first of its hooks; 0 where nobody counts.
  MetricId timeouts() const noexcept { return hooks_.empty() ? 0 : hooks_[0].timeouts; }

 private:
  void copy(const TableOfKind& known);
  const void* const own_;
  std::unique_ptr<unsigned char[]> table_;
  std::vector<Hook> hooks_;
  std::vector<MeteredShard> shards_;
};

}  // namespace trellis::hosting
