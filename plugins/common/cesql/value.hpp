// The values of CESQL, the errors an evaluation may end with, and where attributes come from.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cesql {

/// Of an expression before it is evaluated too: `any` where only the event can tell, as for a lone attribute.
enum class Type : std::uint8_t { boolean, integer, text, any };

/// How people call a type.
constexpr std::string_view name(Type type) noexcept {
  switch (type) {
    case Type::boolean:
      return "Boolean";
    case Type::integer:
      return "Integer";
    case Type::text:
      return "String";
    case Type::any:
      break;
  }
  return "any type";
}

/// The kinds of error of the standard (CESQL 1.0.0, 3.3).
enum class Error : std::uint8_t {
  none,
  parse,
  math,
  cast,
  missing_attribute,
  missing_function,
  function_evaluation,
  generic,  // a limit of this evaluator was reached
};
inline constexpr std::size_t kErrors = 8;

/// Borrows its text.
struct Value {
  Type type;
  std::int32_t number;  // of booleans 0 or 1
  std::string_view text;

  static Value of(bool value) noexcept { return {Type::boolean, value ? 1 : 0, {}}; }
  static Value of(std::int32_t value) noexcept { return {Type::integer, value, {}}; }
  static Value of(std::string_view value) noexcept { return {Type::text, 0, value}; }
  /// "", 0 or false; where the type is not known the standard takes a Boolean (3.2).
  static Value zero(Type type) noexcept { return {type == Type::any ? Type::boolean : type, 0, {}}; }

  bool truth() const noexcept { return number != 0; }
};

/// The context attributes of one event.
class Attributes {
 public:
  virtual ~Attributes() = default;
  /// What it returns lives as long as this object. Nothing where the event has no such attribute.
  virtual std::optional<Value> find(std::string_view name) noexcept = 0;
};

}  // namespace cesql
