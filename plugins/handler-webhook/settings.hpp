// What the configuration says for the whole plugin: who it is, and what bounds destinations.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>
#include <vector>

namespace hooks {

/// Who answers. What is wrong with a resource of Azure, its key among that, is put right while events wait.
enum class Receiver { webhook, azure_resource };

/// Where tokens of destinations come from that name an application of Microsoft Entra ID.
struct OAuth {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::string scope;
  std::string layer;
};

struct Settings {
  std::string origin;
  std::chrono::milliseconds timeout{0};      // where a destination says none
  std::chrono::milliseconds timeout_max{0};  // of those that say one
  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds retry_after_max{0};
  Receiver receiver = Receiver::webhook;  // not in the configuration: it is the plugin's kind
  std::size_t connections = 0;            // of a shard to one endpoint
  std::size_t all_connections = 0;        // to all of them
  bool http2 = true;                      // where an endpoint picks it
  bool earned_connections = true;         // one more for each answer
  std::size_t waiting = 0;                // requests of a shard
  std::size_t waiting_bytes = 0;          // of their bodies
  std::size_t answer_bytes = 0;
  bool allow_http = false;
  std::optional<OAuth> oauth;
  std::vector<std::string> applications;           // that destinations may have tokens for by `oauth`; "*": any
  std::optional<std::vector<std::string>> layers;  // that destinations may name; nothing: any
};

trellis::Schema schema();
trellis::Result<Settings> read_settings(const trellis::Config& config);

}  // namespace hooks
