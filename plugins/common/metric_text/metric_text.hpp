// Reads figures out of the Prometheus text the kernel writes of all metrics.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace common {

/// The samples of one reading. Whatever plugins are loaded, what they count is there under its name, so nothing has
/// to be registered or known before.
class MetricText {
 public:
  /// Takes the text; lines it does not understand are skipped.
  explicit MetricText(std::string text);

  /// The sum over all label sets that contain `label` (for example `type="publish"`); nothing where there is none.
  std::optional<int64_t> sum(std::string_view metric, std::string_view label = {}) const;
  /// Calls function(labels, value) for each label set; labels with their braces, or empty.
  template <class Function>
  void each(std::string_view metric, Function function) const {
    const auto found = samples_.find(metric);
    if (found == samples_.end()) return;
    for (const Sample& sample : found->second) function(sample.labels, sample.value);
  }

 private:
  struct Sample {
    std::string_view labels;
    int64_t value;
  };
  std::string text_;
  std::map<std::string_view, std::vector<Sample>> samples_;  // views into text_
};

}  // namespace common
