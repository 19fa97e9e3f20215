// The program `trellis`.

#include <malloc.h>

#include <cstdio>
#include <exception>
#include <trellis/brand/brand.hpp>

#include "app/options.hpp"

namespace {

// Output of a burst comes and goes within a turn: giving it back to the system each time costs more than the burst.
void keep_freed_memory() {
  mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
  mallopt(M_TOP_PAD, 256 * 1024);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace trellis::kernel;
  keep_freed_memory();
  try {
    const auto& brand = trellis::brand::brand();
    return trellis::console::run_program(std::string(brand.program), std::string(brand.summary),
                                         {&run_verbs, &tool_verbs, &plugin_verbs}, {argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return trellis::console::kFailed;
  }
}
