// A moment of a journal, as files to copy.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "disk.hpp"

namespace journal {

/// What a start would read. Of each file the first `size` bytes count: they are on the medium and change no more, and
/// as long as the file is held here they can be read, also after the journal removed it.
struct Cut {
  struct Part {
    std::string name;
    std::shared_ptr<File> file;
    std::uint64_t size = 0;
  };
  std::uint64_t next_sequence = 1;  // the first that it does not hold
  std::vector<Part> parts;          // checkpoints come last: without one the others are no store

  std::uint64_t bytes() const noexcept {
    std::uint64_t sum = 0;
    for (const Part& part : parts) sum += part.size;
    return sum;
  }
};

}  // namespace journal
