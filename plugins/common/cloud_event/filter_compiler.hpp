// Reads the filter of a subscription as its owner wrote it.
#pragma once

#include <string>
#include <string_view>

#include "common/cloud_event/filter.hpp"

namespace cloud_event {

/// Used once. Refusals name the place, what was found there and what was expected.
class FilterCompiler {
 public:
  explicit FilterCompiler(const FilterLimits& limits) : limits_(limits) {
    filter_.event_bytes_ = limits.event_bytes;
    filter_.errors_ = limits.errors;
  }

  trellis::Result<Filter> compile(const trellis::Config& settings);

 private:
  using Status = trellis::Result<void>;

  Status event_types(const trellis::Config& types);
  Status subject(const trellis::Config& settings, std::string_view name, Operator op);
  Status filters(const trellis::Config& list, bool arrays);
  Status filter(const trellis::Config& settings, bool arrays);
  Status dialects(const trellis::Config& list);
  Status texts_of(const cesql::Filter& filter, const trellis::Config& where);
  void dialect(cesql::Filter filter);
  Status operand(const trellis::Config& settings, Check& check);
  Status values(const trellis::Config& list, Check& check);
  Status count(const trellis::Config& list, std::size_t more);
  Status number(const trellis::Config& value, Number& out) const;
  Status range(const trellis::Config& value, Check& check) const;
  trellis::Result<std::string> text(const trellis::Config& value) const;

  const FilterLimits limits_;
  Filter filter_;
  std::size_t values_ = 0;
};

}  // namespace cloud_event
