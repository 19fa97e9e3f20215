// Metrics: counters, gauges and histograms kept per shard without locks and added up by the reader.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::runtime {

using MetricId = std::uint32_t;  // 0 is none

enum class MetricType : std::uint32_t { counter = 1, gauge = 2, histogram = 3 };

/// `key="value"` as the text format wants it, whatever the value holds.
std::string metric_label(std::string_view key, std::string_view value);

/// One thread's cells. Written by that thread alone, read by everybody.
class MetricCells {
 public:
  static constexpr std::size_t kCapacity = 2048;
  void add(MetricId id, std::int64_t amount) noexcept {
    std::atomic<std::int64_t>& cell = cells_[id];
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  /// For the cells that several threads share.
  void add_shared(MetricId id, std::int64_t amount) noexcept {
    cells_[id].fetch_add(amount, std::memory_order_relaxed);
  }
  std::int64_t read(MetricId id) const noexcept { return cells_[id].load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::int64_t>, kCapacity> cells_{};
};

/// All metrics of the process. Every member may be called from any thread.
class Metrics {
 public:
  Metrics() : entries_(1) {}
  /// Gives that many threads cells of their own. Before they run. [control]
  void add_shards(std::size_t shards);

  /// Registers, or finds what was registered under that name and those labels. 0 when the table is full or the name
  /// is not [a-z_][a-z0-9_]*. Of a histogram each bucket and the sum are declared: labels that end with le="…" make it
  /// one of its buckets, in ascending order.
  MetricId declare(MetricType type, std::string_view name, std::string_view labels, std::string_view help);
  MetricCells& cells(std::size_t shard) noexcept { return *cells_[shard]; }
  void add_any(MetricId id, std::int64_t amount) noexcept { shared_.add_shared(id, amount); }
  std::int64_t read(MetricId id) const noexcept;

  /// Prometheus text exposition format 0.0.4.
  std::string render() const;

 private:
  struct Entry {
    MetricType type;
    std::string name;
    std::string labels;  // without the bound
    std::string help;
    std::string bound;  // le="…" of a bucket
  };
  std::string samples(const std::vector<std::size_t>& parts) const;
  mutable std::mutex mutex_;    // guards entries_
  std::vector<Entry> entries_;  // index is the id
  std::vector<std::unique_ptr<MetricCells>> cells_;
  MetricCells shared_;
};

}  // namespace trellis::runtime
