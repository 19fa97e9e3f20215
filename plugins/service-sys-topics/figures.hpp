// What the broker tells about itself, under the topic names Mosquitto uses.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/metric_text/metric_text.hpp"

namespace sys_topics {

using common::MetricText;

/// One topic below the prefix with what is to be published there.
struct Figure {
  std::string_view topic;  // lives as long as the Figures that made it
  std::string value;
  bool number = true;  // false: text, to be quoted in JSON
};

/// A counter's growth per minute, averaged over the last 1, 5 and 15 minutes as Unix load averages are: what was
/// longer ago counts exponentially less.
class LoadAverage {
 public:
  /// Takes the counter's present value, `elapsed_ms` after the one before.
  void update(int64_t counter, uint64_t elapsed_ms);
  const std::array<double, 3>& per_minute() const { return averages_; }

 private:
  int64_t last_ = 0;
  std::array<double, 3> averages_{};
};

/// Turns readings of the metrics into figures. Belongs to one thread.
class Figures {
 public:
  explicit Figures(std::string version);

  /// Takes a reading made `now_ms` (monotonic) and answers all figures. heap_bytes: memory the process holds from the
  /// allocator, or nothing where that is not known.
  std::vector<Figure> update(const MetricText& metrics, std::optional<int64_t> heap_bytes, uint64_t now_ms);

 private:
  void add_clients(const MetricText& metrics, std::vector<Figure>& figures);
  void add_loads(const MetricText& metrics, uint64_t elapsed_ms, std::vector<Figure>& figures);

  const std::string version_;
  std::optional<uint64_t> started_ms_;
  uint64_t updated_ms_ = 0;
  int64_t most_clients_ = 0;
  int64_t most_heap_ = 0;
  std::map<std::string_view, LoadAverage> loads_;  // by topic
};

/// All figures as one JSON object, topic to value.
std::string to_json(const std::vector<Figure>& figures);

}  // namespace sys_topics
