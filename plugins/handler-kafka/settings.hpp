// What the configuration says for the whole plugin: what bounds it, and where it may connect to.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/delivery/address_rules.hpp"

namespace kafka {

struct Settings {
  std::chrono::milliseconds message_timeout{0};      // where a destination says none
  std::chrono::milliseconds message_timeout_max{0};  // of those that say one
  std::chrono::milliseconds flush_timeout{0};        // of a client nobody needs any more
  std::chrono::milliseconds linger{0};
  std::chrono::milliseconds reconnect_max{0};
  std::size_t queue_events = 0;  // of one client
  std::size_t queue_bytes = 0;
  std::size_t clients = 0;
  std::string ca_file;  // empty: the system's
  bool allow_plaintext = false;
  std::shared_ptr<const common::AddressRules> addresses;
};

trellis::Schema schema();
trellis::Result<Settings> read_settings(const trellis::Config& config);

}  // namespace kafka
