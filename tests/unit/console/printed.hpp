// What is written to std::cout and std::cerr for as long as this lives.
#pragma once

#include <iostream>
#include <sstream>

namespace trellis::console {

class Printed {
 public:
  Printed() : cout_(std::cout.rdbuf(out.rdbuf())), cerr_(std::cerr.rdbuf(err.rdbuf())) {}
  ~Printed() {
    std::cout.rdbuf(cout_);
    std::cerr.rdbuf(cerr_);
  }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;

  std::ostringstream out;
  std::ostringstream err;

 private:
  std::streambuf* cout_;
  std::streambuf* cerr_;
};

}  // namespace trellis::console
