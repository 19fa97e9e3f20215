#include "common/cloud_event/operators.hpp"

#include <algorithm>

namespace cloud_event {
namespace {

using Type = Value::Type;

constexpr bool kNegative = true;
constexpr bool kMissingPasses = true;

bool is_type(const Value& value, Type type) noexcept {
  // An attribute that is a number or true or false has a text too, which its data() tells.
  return value.type == type || (type == Type::text && value.text.data() != nullptr);
}

}  // namespace

const std::array<OperatorFacts, 19> kOperators{{
    {"NumberIn", Operator::number_in, Operand::numbers, Type::number},
    {"NumberNotIn", Operator::number_not_in, Operand::numbers, Type::number, kNegative, kMissingPasses},
    {"NumberLessThan", Operator::number_less_than, Operand::number, Type::number},
    {"NumberGreaterThan", Operator::number_greater_than, Operand::number, Type::number},
    {"NumberLessThanOrEquals", Operator::number_less_than_or_equals, Operand::number, Type::number},
    {"NumberGreaterThanOrEquals", Operator::number_greater_than_or_equals, Operand::number, Type::number},
    {"NumberInRange", Operator::number_in_range, Operand::ranges, Type::number},
    {"NumberNotInRange", Operator::number_not_in_range, Operand::ranges, Type::number, kNegative, kMissingPasses},
    {"BoolEquals", Operator::bool_equals, Operand::boolean, Type::boolean},
    {"StringContains", Operator::string_contains, Operand::texts, Type::text},
    {"StringNotContains", Operator::string_not_contains, Operand::texts, Type::text, kNegative},
    {"StringBeginsWith", Operator::string_begins_with, Operand::texts, Type::text},
    {"StringNotBeginsWith", Operator::string_not_begins_with, Operand::texts, Type::text, kNegative},
    {"StringEndsWith", Operator::string_ends_with, Operand::texts, Type::text},
    {"StringNotEndsWith", Operator::string_not_ends_with, Operand::texts, Type::text, kNegative},
    {"StringIn", Operator::string_in, Operand::texts, Type::text},
    {"StringNotIn", Operator::string_not_in, Operand::texts, Type::text, kNegative, kMissingPasses},
    {"IsNullOrUndefined", Operator::is_null_or_undefined, Operand::none, Type::missing},
    {"IsNotNull", Operator::is_not_null, Operand::none, Type::missing},
}};

const OperatorFacts* find_operator(std::string_view name) noexcept {
  const auto found = std::ranges::find(kOperators, name, &OperatorFacts::name);
  return found == kOperators.end() ? nullptr : &*found;
}

bool Check::compares_number(const Number& number) const noexcept {
  switch (op) {
    case Operator::number_in:
    case Operator::number_not_in:
      // Of numbers beyond doubles nobody knows which they are.
      return number.finite() && std::ranges::binary_search(numbers, number);
    case Operator::number_less_than:
      return number < numbers.front();
    case Operator::number_greater_than:
      return number > numbers.front();
    case Operator::number_less_than_or_equals:
      return number <= numbers.front();
    case Operator::number_greater_than_or_equals:
      return number >= numbers.front();
    default:
      return std::ranges::any_of(ranges,
                                 [&](const auto& range) { return range.first <= number && number <= range.second; });
  }
}

bool Check::compares_text(std::string_view text) const noexcept {
  switch (op) {
    case Operator::string_in:
    case Operator::string_not_in:
      return std::ranges::binary_search(texts, text, std::ranges::less{},
                                        [](const auto& known) -> std::string_view { return known; });
    case Operator::string_begins_with:
    case Operator::string_not_begins_with:
      return std::ranges::any_of(texts, [&](const std::string& begin) { return text.starts_with(begin); });
    case Operator::string_ends_with:
    case Operator::string_not_ends_with:
      return std::ranges::any_of(texts, [&](const std::string& end) { return text.ends_with(end); });
    default:
      return std::ranges::any_of(texts,
                                 [&](const std::string& part) { return text.find(part) != std::string_view::npos; });
  }
}

bool Check::compares(const Value& value) const noexcept {
  switch (facts_of(op).type) {
    case Type::boolean:
      return value.boolean == boolean;
    case Type::number:
      return compares_number(value.number);
    default:
      return compares_text(exact_case ? value.text : value.small);
  }
}

bool Check::passes(const Reading& reading, std::uint32_t at) const noexcept {
  const OperatorFacts& facts = facts_of(op);
  const Value& value = reading[at];
  if (op == Operator::is_not_null) return value.present();
  if (op == Operator::is_null_or_undefined) return !value.present();
  if (is_type(value, facts.type)) return compares(value) != facts.negative;
  if (value.type != Type::list || !arrays) return facts.missing;
  bool judged = false;
  for (const Value& element : reading.elements(value)) {
    if (!is_type(element, facts.type)) continue;
    judged = true;
    if (compares(element)) return !facts.negative;
  }
  // Elements of other types are passed over; where nothing is left, there is nothing to judge.
  return judged ? facts.negative : facts.missing;
}

}  // namespace cloud_event
