// Events that are made of the broker's metrics: one that grew, or one that is low.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/metric_text/metric_text.hpp"

namespace system_events {

struct Watch {
  std::string type;                        // of the event
  std::string metric;                      // its name
  std::string label;                       // what its labels contain, such as outcome="refused"; empty: any
  std::optional<std::int64_t> below = {};  // told when it gets there; none: told whenever it grew

  bool operator==(const Watch&) const = default;
};

/// What is worth an event if nobody says otherwise.
std::vector<Watch> usual_watches();

/// Belongs to one thread.
class Watches {
 public:
  explicit Watches(std::vector<Watch> watches) : watches_(std::move(watches)), seen_(watches_.size()) {}

  /// labels: with their braces; before: 0 where there was none.
  using Tell = std::function<void(const Watch&, std::string_view labels, std::int64_t before, std::int64_t now)>;
  /// What has grown before this reading is not told of.
  void begin(const common::MetricText& metrics);
  /// Takes a reading.
  void read(const common::MetricText& metrics, const Tell& tell);

 private:
  const std::vector<Watch> watches_;
  std::vector<std::map<std::string, std::int64_t, std::less<>>> seen_;  // as watches_: by labels
};

}  // namespace system_events
