// Filters and payloads.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>

#include "../kind_example.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  trellis::testing::TestHost host;
  const auto predicate = host.load<KindExample>();
  predicate.refusal(bytes);
  predicate.compile(R"({"contains": "hot"})").matches("boiler/temp", bytes);
  return 0;
}
