// Nanoseconds per message that is kept and settled, the kernel in miniature included. Usage: kind-example-bench [CALLS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <trellis/testing/store_driver.hpp>
#include <trellis/testing/test_host.hpp>

#include "../kind_example.hpp"

using trellis::testing::Change;

int main(int argc, char** argv) {
  const long calls = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  trellis::testing::TestHost host;
  const auto store = host.load<kind_example::KindExample>();
  const auto begun = std::chrono::steady_clock::now();
  for (long i = 1; i <= calls; ++i) {
    const auto number = static_cast<std::uint64_t>(i);
    store.put({Change::append(7, number, "21.5"), Change::settle(7, number)});
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
  std::printf("%.0f ns per call, %ld calls\n", took.count() / static_cast<double>(calls), calls);
}
