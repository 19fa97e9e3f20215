// Names and topics as clients choose them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>

#include "../kind_example.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  trellis::testing::TestHost host;
  const auto authorizer = host.load<KindExample>();
  const std::size_t half = size / 2;
  authorizer.may(bytes.substr(0, half), trellis::Action::subscribe, bytes.substr(half));
  return 0;
}
