// A compiled expression: instructions for a machine with a stack.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/cesql/functions.hpp"
#include "common/cesql/like.hpp"
#include "common/cesql/value.hpp"

namespace cesql {

enum class Op : std::uint8_t {
  integer,    // pushes the operand
  boolean,    // pushes the operand
  text,       // pushes texts[operand]
  attribute,  // pushes the attribute names[operand]
  exists,     // pushes whether there is the attribute names[operand]
  // of one value
  negate,
  logical_not,
  to_boolean,
  like,      // pattern patterns[operand]
  not_like,  // the same
  // of two values
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  logical_xor,
  // with a jump: the operand is the instruction to go on with
  and_then,  // jumps and leaves false where the value is false, takes it away otherwise
  or_else,   // jumps and leaves true where the value is true, takes it away otherwise
  in,        // takes an element away; where it equals the value below it jumps and leaves true instead of that
  not_in,    // the same, and leaves false
  // behind the elements
  in_none,      // false instead of the value
  not_in_none,  // true instead of the value
  // of many values
  call,  // functions()[operand] with `count` arguments
};

struct Instruction {
  Op op;
  std::uint8_t count;
  std::int32_t operand;
};

/// Made by compile(), then only read.
struct Program {
  /// Values on the stack at once.
  static constexpr std::size_t kMostValues = 128;

  std::vector<Instruction> code;
  std::vector<std::string> texts;
  std::vector<std::string> names;
  std::vector<Pattern> patterns;
  /// Of what the whole expression gives.
  Type type = Type::any;
};

}  // namespace cesql
