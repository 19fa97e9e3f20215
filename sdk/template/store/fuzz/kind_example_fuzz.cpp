// Changes in any order: three bytes are one, its kind, its queue and its number.
#include <cstddef>
#include <cstdint>
#include <string>
#include <trellis/testing/store_driver.hpp>
#include <trellis/testing/test_host.hpp>

#include "../kind_example.hpp"

using trellis::testing::Change;

namespace {

Change change(std::uint8_t kind, std::uint64_t queue, std::uint64_t number) {
  switch (kind % 8) {
    case 0:
      return Change::settle(queue, number, number + 3);
    case 1:
      return Change::noted(queue, number, number);
    case 2:
      return Change::marked(queue, static_cast<std::uint32_t>(number));
    case 3:
      return Change::unmarked(queue, static_cast<std::uint32_t>(number));
    case 4:
      return Change::drop(queue);
    case 5:
      return Change::put(std::to_string(queue), std::to_string(number));
    case 6:
      return Change::remove(std::to_string(queue));
    default:
      return Change::append(queue, number, std::string(number, 'x'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trellis::testing::TestHost host;
  const auto store = host.load<kind_example::KindExample>(R"({"memory": "1KiB"})");
  for (std::size_t at = 0; at + 3 <= size; at += 3) {
    const std::uint64_t queue = data[at + 1] % 4U + 1U;
    store.put({change(data[at], queue, data[at + 2] + 1U)});
    store.get(queue);
  }
  store.restore();
  return 0;
}
