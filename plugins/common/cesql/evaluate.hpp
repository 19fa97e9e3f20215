// Runs a compiled expression on an event.
#pragma once

#include "common/cesql/program.hpp"
#include "common/cesql/scratch.hpp"
#include "common/cesql/value.hpp"

namespace cesql {

struct Outcome {
  Value value;
  Error error = Error::none;
};

/// The first error ends the evaluation. What an error happened in has the value the standard names, and what that is
/// part of has the zero of its type, so the rest need not be run to know the value of the whole.
///
/// Takes time in proportion to the length of the code times that of the attributes. Allocates nothing. The value lives
/// as long as the program, the attributes and the scratch.
Outcome evaluate(const Program& program, Attributes& attributes, Scratch& scratch) noexcept;

}  // namespace cesql
