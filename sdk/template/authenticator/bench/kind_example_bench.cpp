// Nanoseconds per call, the kernel in miniature included. Usage: kind-example-bench [CALLS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <trellis/testing/test_host.hpp>

#include "../kind_example.hpp"

int main(int argc, char** argv) {
  const long calls = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  trellis::testing::TestHost host;
  const auto authenticator = host.load<KindExample>(R"({"clients": [{"name": "boiler", "password": "s3cret"}]})");
  const auto begun = std::chrono::steady_clock::now();
  for (long i = 0; i < calls; ++i) authenticator.connect({.username = "boiler", .password = "s3cret"});
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
  std::printf("%.0f ns per call, %ld calls\n", took.count() / static_cast<double>(calls), calls);
}
