// Bytes as a network delivers them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>

#include "../kind_example.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  trellis::testing::TestHost host;
  auto connection = host.load<KindExample>(R"({"received": "100B"})").connect();
  // In pieces, as a network delivers them: the first byte says how large.
  const std::size_t piece = size == 0 ? 1 : 1 + data[0] % 16;
  for (std::size_t at = 0; at < size && connection.input(bytes.substr(at, piece)); at += piece) {
  }
  connection.close();
  return 0;
}
