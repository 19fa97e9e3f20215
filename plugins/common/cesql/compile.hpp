// Turns an expression into a program.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/cesql/program.hpp"

namespace cesql {

/// Longest expression, in bytes.
inline constexpr std::size_t kMostBytes = 8192;
/// Deepest nesting of brackets, calls, signs and NOT.
inline constexpr std::size_t kMostNesting = 64;

/// Why an expression has no meaning: Error::parse, or Error::missing_function, which is found here already.
struct Mistake {
  Error error = Error::parse;
  std::string text;  // what was expected and found, and in which column
};

std::variant<Program, Mistake> compile(std::string_view expression);

}  // namespace cesql
