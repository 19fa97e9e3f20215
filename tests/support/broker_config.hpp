// What a test may ask of the broker it starts, and the configuration files that say so to each kind of broker.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trellis::testing {

/// Nothing set: the broker's own defaults, anonymous clients, everything allowed.
struct BrokerOptions {
  std::optional<std::uint32_t> max_packet_bytes{};
  std::optional<std::uint32_t> receive_maximum{};
  std::optional<std::uint32_t> topic_alias_maximum{};
  std::optional<std::uint32_t> max_keep_alive_s{};
  std::optional<std::uint32_t> max_qos{};
  std::optional<std::uint32_t> max_session_expiry_s{};
  std::optional<std::uint32_t> max_queued_messages{};
  std::optional<std::uint32_t> max_subscriptions{};
  std::optional<std::uint32_t> max_topic_levels{};
  std::optional<std::uint32_t> max_connections{};
  std::optional<std::chrono::milliseconds> connect_timeout{};
  bool retain = true;
  bool wildcards = true;
  bool shared_subscriptions = true;
  bool subscription_ids = true;
  bool empty_client_ids = true;
  /// Prefix of the Response Information; none is given without.
  std::string response_information{};
  /// Loads the authenticator of several steps that lies beside this file.
  bool riddles = false;
  /// User names and clear passwords; when there are any, everyone needs one.
  std::vector<std::pair<std::string, std::string>> users{};
  /// Rules in Mosquitto's format; when there are any, the rest is denied.
  std::string acl{};
};

/// The folder of the plugins only tests load.
std::string test_plugins();

/// Mosquitto's file. `directory` receives the files it refers to.
std::string mosquitto_config(const BrokerOptions& options, std::uint16_t port, const std::string& directory);

/// Trellis' file, with one listener named "mqtt" on a port the system chooses.
std::string trellis_config(const BrokerOptions& options, const std::string& directory);

}  // namespace trellis::testing
