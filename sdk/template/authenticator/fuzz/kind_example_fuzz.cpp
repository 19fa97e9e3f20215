// User names and passwords as clients show them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>

#include "../kind_example.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  trellis::testing::TestHost host;
  const auto authenticator = host.load<KindExample>(R"({"clients": [{"name": "boiler", "password": "s3cret"}]})");
  const std::size_t half = size / 2;
  authenticator.connect({.username = std::string(bytes.substr(0, half)), .password = std::string(bytes.substr(half))});
  return 0;
}
