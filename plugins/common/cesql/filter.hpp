// A subscription's filter: CESQL, or another dialect of the CloudEvents Subscriptions API, or dialects in each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/host.hpp>
#include <trellis/predicate.hpp>
#include <utility>
#include <vector>

#include "common/cesql/program.hpp"

namespace cesql {

/// Evaluations that ended with an error, by kind.
using ErrorCounters = std::array<trellis::Metric, kErrors>;
/// Makes a counter of that name for each kind, with the label `error`.
ErrorCounters error_counters(const trellis::Host& host, std::string_view name, std::string_view help);

class Filter {
 public:
  /// Dialects inside of each other, and all together.
  static constexpr std::size_t kMostNesting = 16;
  static constexpr std::size_t kMostDialects = 256;

  enum class Dialect : std::uint8_t { sql, exact, prefix, suffix, all, any, negation };
  using Texts = std::vector<std::pair<std::string, std::string>>;

  /// Reads an object with one dialect: {"sql": "…"}, {"exact": {…}}, {"all": […]}, …
  static trellis::Result<Filter> read(const trellis::Config& config);
  /// Reads a list of such objects, which have at most so many dialects all together.
  static trellis::Result<std::vector<Filter>> read_list(const trellis::Config& list, std::size_t most);

  /// Null where nobody counts errors.
  bool matches(Attributes& attributes, const ErrorCounters* errors) const noexcept;

  Dialect dialect() const noexcept { return dialect_; }
  /// Of exact, prefix and suffix: attribute and text, all of which have to match.
  const Texts& texts() const noexcept { return texts_; }
  /// Of all, any and negation.
  const std::vector<Filter>& parts() const noexcept { return parts_; }
  /// Of sql: the attributes it names.
  const std::vector<std::string>& names() const noexcept { return program_.names; }

 private:
  class Reader;

  bool compares(Attributes& attributes) const noexcept;
  bool evaluates(Attributes& attributes, const ErrorCounters* errors) const noexcept;

  Dialect dialect_ = Dialect::all;
  Program program_;
  Texts texts_;
  std::vector<Filter> parts_;
};

}  // namespace cesql
