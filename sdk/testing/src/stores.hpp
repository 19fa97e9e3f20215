// Calls to stores and their answers, with what the contract says about these checked. Guarded by World::mutex.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <trellis/testing/store_driver.hpp>
#include <utility>
#include <vector>

namespace trellis::testing {

struct FakeStoreCall {
  Instance* instance = nullptr;
  std::uint32_t shard = 0;
  bool reads = false;
  std::uint64_t after = 0;  // of a read
  std::uint32_t most = 0;
  Status status = Status::unset;
  std::vector<StoredEntry> entries = {};
};

struct StoreCalls {
  std::map<trellis_token, FakeStoreCall> all;
  std::map<std::pair<Instance*, std::uint32_t>, std::deque<trellis_token>> waiting;  // writes, in their order
};

const trellis_host_store* store_table();
const trellis_host_backup* backup_table();

}  // namespace trellis::testing
