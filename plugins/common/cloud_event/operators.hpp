// The operators of event filters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/cloud_event/value.hpp"

namespace cloud_event {

enum class Operator : std::uint8_t {
  number_in,
  number_not_in,
  number_less_than,
  number_greater_than,
  number_less_than_or_equals,
  number_greater_than_or_equals,
  number_in_range,
  number_not_in_range,
  bool_equals,
  string_contains,
  string_not_contains,
  string_begins_with,
  string_not_begins_with,
  string_ends_with,
  string_not_ends_with,
  string_in,
  string_not_in,
  is_null_or_undefined,
  is_not_null
};

/// What stands for comparison in a filter.
enum class Operand : std::uint8_t { none, boolean, number, numbers, ranges, texts };

struct OperatorFacts {
  std::string_view name;
  Operator op;
  Operand operand;
  Value::Type type;       ///< of values that are judged, missing: any
  bool negative = false;  ///< true when no value compares
  bool missing = false;   ///< what it says where there is nothing to judge
};

/// In the order of Operator.
extern const std::array<OperatorFacts, 19> kOperators;

inline const OperatorFacts& facts_of(Operator op) noexcept { return kOperators[static_cast<std::size_t>(op)]; }
/// Null for a word that names none.
const OperatorFacts* find_operator(std::string_view name) noexcept;

/// One filter: a key's value compared with those of the filter.
struct Check {
  Operator op{};
  std::uint32_t slot = 0;
  bool arrays = true;       ///< look into arrays
  bool exact_case = false;  ///< texts are compared as they are; otherwise `texts` are in small letters
  bool boolean = false;
  std::vector<std::string> texts = {};  ///< in order
  std::vector<Number> numbers = {};     ///< in order
  std::vector<std::pair<Number, Number>> ranges = {};

  /// Of what was read in that slot, which is another one where another Keys was read.
  bool passes(const Reading& reading, std::uint32_t at) const noexcept;

 private:
  bool compares(const Value& value) const noexcept;
  bool compares_number(const Number& number) const noexcept;
  bool compares_text(std::string_view text) const noexcept;
};

}  // namespace cloud_event
