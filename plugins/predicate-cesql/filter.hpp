// A subscription's filter: CESQL, or another dialect of the CloudEvents Subscriptions API, or dialects in each other.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <trellis/host.hpp>
#include <trellis/predicate.hpp>
#include <utility>
#include <vector>

#include "program.hpp"

namespace cesql {

/// Evaluations that ended with an error, by kind.
using ErrorCounters = std::array<trellis::Metric, kErrors>;

class Filter {
 public:
  /// Dialects inside of each other, and all together.
  static constexpr std::size_t kMostNesting = 16;
  static constexpr std::size_t kMostDialects = 256;

  /// Reads an object with one dialect: {"sql": "…"}, {"exact": {…}}, {"all": […]}, …
  static trellis::Result<Filter> read(const trellis::Config& config);

  bool matches(Attributes& attributes, const ErrorCounters& errors) const noexcept;

 private:
  enum class Dialect : std::uint8_t { sql, exact, prefix, suffix, all, any, negation };
  using Texts = std::vector<std::pair<std::string, std::string>>;

  static Filter read_dialect(const trellis::Config& config, std::size_t nesting, std::size_t& count);
  static Filter read_named(const std::string& name, const trellis::Config& value, std::size_t nesting,
                           std::size_t& count);
  bool compares(Attributes& attributes) const noexcept;
  bool evaluates(Attributes& attributes, const ErrorCounters& errors) const noexcept;

  Dialect dialect_ = Dialect::all;
  Program program_;            // of sql
  Texts texts_;                // of exact, prefix and suffix: attribute and text, all of which have to match
  std::vector<Filter> parts_;  // of all, any and negation
};

}  // namespace cesql
