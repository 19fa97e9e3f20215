// The filter of one event subscription.
#pragma once

#include <cstddef>
#include <optional>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <vector>

#include "common/cloud_event/event.hpp"
#include "common/cloud_event/operators.hpp"
#include "common/cloud_event/reader.hpp"

namespace cloud_event {

/// What a subscription may ask for, and how long events may be that are looked into.
struct FilterLimits {
  std::size_t filters = 25;
  std::size_t values = 25;       ///< of all filters together; a range is one value
  std::size_t characters = 512;  ///< of one text
  std::size_t event_types = 1000;
  std::size_t event_bytes = kUsualEventBytes;
};

/// Compiled once, then used by all threads.
class Filter {
 public:
  /// Of {"includedEventTypes", "filters"} or {"includedEventTypes", "subjectBeginsWith", "subjectEndsWith",
  /// "isSubjectCaseSensitive", "enableAdvancedFilteringOnArrays", "advancedFilters"}. An empty object passes
  /// everything.
  static trellis::Result<Filter> compile(const trellis::Config& settings, const FilterLimits& limits = {});

  /// Events that cannot be read where a key asks pass no filter that has one.
  bool passes(const Event& event) const noexcept;
  /// The same for an event that was read by keys().
  bool passes(const Reading& reading) const noexcept;

  const Keys& keys() const noexcept { return keys_; }
  /// Conditions of which all have to hold, with slots of keys().
  const std::vector<Check>& checks() const noexcept { return checks_; }
  /// The path of each slot, and what is wanted there.
  struct Asked {
    Path path;
    std::uint8_t wants;
  };
  const std::vector<Asked>& asked() const noexcept { return asked_; }
  std::size_t event_bytes() const noexcept { return event_bytes_; }

 private:
  friend class FilterCompiler;

  void add(const Path& path, Check check);

  Keys keys_;
  std::vector<Check> checks_;
  std::vector<Asked> asked_;
  std::size_t event_bytes_ = kUsualEventBytes;
};

}  // namespace cloud_event
