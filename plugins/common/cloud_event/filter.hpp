// The filter of one event subscription.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <vector>

#include "common/cesql/filter.hpp"
#include "common/cloud_event/attributes.hpp"
#include "common/cloud_event/event.hpp"
#include "common/cloud_event/operators.hpp"
#include "common/cloud_event/reader.hpp"

namespace cloud_event {

/// What a subscription may ask for, and how long events may be that are looked into.
struct FilterLimits {
  std::size_t filters = 25;      ///< of each of the two lists, those inside of others counted
  std::size_t values = 25;       ///< of all filters together; a range is one value
  std::size_t characters = 512;  ///< of one text
  std::size_t event_types = 1000;
  std::size_t event_bytes = kUsualEventBytes;
  std::shared_ptr<const cesql::ErrorCounters> errors = nullptr;  ///< null: nobody counts those of expressions
};

/// Compiled once, then used by all threads.
class Filter {
 public:
  /// Most attributes that the expressions of one filter name.
  static constexpr std::size_t kMostAttributes = 64;

  /// Of {"includedEventTypes", "filters"} or {"includedEventTypes", "subjectBeginsWith", "subjectEndsWith",
  /// "isSubjectCaseSensitive", "enableAdvancedFilteringOnArrays", "advancedFilters"}, and "cloudEventFilters" with
  /// both. An empty object passes everything.
  static trellis::Result<Filter> compile(const trellis::Config& settings, const FilterLimits& limits = {});

  /// Events that cannot be read where a key asks pass no filter that has one.
  bool passes(const Event& event) const noexcept;
  /// The same for an event that was read by keys(), or by others that have those of keys() in the slots `there`.
  bool passes(const Reading& reading, std::span<const std::uint32_t> there = {}) const noexcept;
  bool passes_all() const noexcept { return checks_.empty() && expressions_.empty(); }

  const Keys& keys() const noexcept { return keys_; }
  /// Conditions of which all have to hold, with slots of keys(). They are not all that has to.
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
  void add(cesql::Filter expression);
  void add_attribute(const std::string& name);
  std::uint32_t slot(const Path& path, std::uint8_t wants);

  Keys keys_;
  std::vector<Check> checks_;
  std::vector<cesql::Filter> expressions_;  // all have to match too
  AttributeSlots attributes_;               // that they name
  std::vector<Asked> asked_;
  std::size_t event_bytes_ = kUsualEventBytes;
  std::shared_ptr<const cesql::ErrorCounters> errors_;
};

}  // namespace cloud_event
