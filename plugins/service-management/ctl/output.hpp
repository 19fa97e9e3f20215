/// Who reads what the command prints.
#pragma once

#include <chrono>

#include "ctl/interrupts.hpp"

namespace management::ctl {

/// The standard output, where that is a pipe: what was written lies in it until it is read, or for good where its
/// reader goes away. Everything else has what it was given at once.
class Output {
 public:
  /// descriptor: -1 where it is known to be no pipe.
  Output(int descriptor, const Interrupts& interrupts);

  /// Until all that was written has been read, within that time. False: it was not, or the end is asked for.
  bool read_within(std::chrono::milliseconds time) const;
  /// The same without an end.
  bool read() const;

 private:
  bool empty() const noexcept;

  const int descriptor_;
  const Interrupts& interrupts_;
};

}  // namespace management::ctl
