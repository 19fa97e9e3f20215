// What the configuration says for the whole plugin: accounts, and what bounds destinations.
#pragma once

#include <chrono>
#include <cstddef>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>
#include <vector>

#include "common/azure_storage/account.hpp"

namespace storage_queue {

struct Settings {
  std::vector<azure_storage::Account> accounts;
  std::chrono::milliseconds timeout{0};  // of one request
  std::size_t connections = 0;           // of a shard to one account
  bool http2 = true;                     // where an account picks it
  std::size_t waiting = 0;               // events of a shard that are under way
  std::size_t waiting_bytes = 0;         // of them
};

trellis::Schema schema();
trellis::Result<Settings> read_settings(const trellis::Config& config);

}  // namespace storage_queue
