// The built-in functions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/cesql/scratch.hpp"
#include "common/cesql/value.hpp"

namespace cesql {

/// Text to another type, as the standard says (3.7); on an error the value is the zero of the type. `any` changes
/// nothing.
Error cast(Value& value, Type type, Scratch& scratch) noexcept;

struct Function {
  std::string_view name;  // in upper case
  std::uint8_t least;     // arguments
  std::uint8_t most;
  std::array<Type, 3> parameters;  // the last also of all that follow
  Type result;
  /// The arguments have their types already. Sets the result also where it answers an error.
  Error (*call)(std::span<Value> arguments, Value& result, Scratch& scratch) noexcept;

  Type parameter(std::size_t index) const noexcept { return parameters[index < 2 ? index : 2]; }
};

/// Most arguments of a call; the standard sets no limit for CONCAT.
inline constexpr std::uint8_t kMostArguments = 64;

/// All of them.
std::span<const Function> functions() noexcept;

/// The one with this name, in any case, and so many arguments; null where there is none.
const Function* find_function(std::string_view name, std::size_t arguments) noexcept;

/// What to say where there is none.
std::string no_function(std::string_view name, std::size_t arguments);

}  // namespace cesql
