// The program `trellis`.

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "app/options.hpp"

int main(int argc, char** argv) {
  try {
    return trellis::kernel::run_program(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "trellis: %s\n", error.what());
    return trellis::kernel::kFailed;
  }
}
