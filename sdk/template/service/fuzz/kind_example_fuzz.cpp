// Paths as clients send them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>

#include "../kind_example.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  trellis::testing::TestHost host;
  const auto service = host.load<KindExample>();
  service.get("/" + std::string(bytes)).leave();
  return 0;
}
