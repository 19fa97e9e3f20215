// Collects the instructions of a program while its expression is read.
#pragma once

#include <cstddef>
#include <string>

#include "common/cesql/program.hpp"

namespace cesql {

/// Knows how many values the stack holds after each instruction.
class Emitter {
 public:
  void add(Op op, std::int32_t operand = 0);
  void text(std::string text);
  /// Op::attribute or Op::exists.
  void attribute(Op op, const std::string& name);
  void like(bool negated, Pattern pattern);
  void call(const Function& function, std::size_t arguments);

  /// An instruction that jumps to where land() is called with what this answers.
  std::size_t jump(Op op);
  void land(std::size_t jump);

  /// How many values the stack has to hold.
  std::size_t most_values() const noexcept { return most_values_; }
  Program finish(Type type) &&;

 private:
  void change(std::ptrdiff_t values) noexcept;

  Program program_;
  std::size_t values_ = 0;
  std::size_t most_values_ = 0;
};

}  // namespace cesql
