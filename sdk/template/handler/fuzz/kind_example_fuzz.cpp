// Destinations and payloads.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>

#include "../kind_example.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  trellis::testing::TestHost host;
  const auto handler = host.load<KindExample>();
  handler.refusal(bytes);
  handler.open().deliver("boiler/temp", bytes);
  return 0;
}
