// What every store promises.
#include <trellis/testing/contract/store.hpp>

#include "store_memory.hpp"

namespace {

struct StoreMemorySamples : trellis::testing::StoreSamples {
  using Plugin = store_memory::StoreMemory;
  static std::vector<std::string> wrong_settings() { return {R"({"memory": "plenty"})"}; }
};
TRELLIS_CONTRACT_SUITE(Store, StoreMemorySamples);

}  // namespace
