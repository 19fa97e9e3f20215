// The configuration file as the program uses it.
#pragma once

#include <json/value.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <trellis/keeping/durability.hpp>
#include <trellis/runtime/inbound_rules.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/schema/document.hpp>
#include <trellis/schema/schema.hpp>
#include <vector>

namespace trellis::configuration {

namespace log = runtime::log;
using runtime::InboundRules;

/// One of the protocols a listener serves. Plugins by instance.
struct SpokenSettings {
  std::vector<std::string> layers;
  std::string protocol;
  std::map<std::string, std::string> services;  // by path
  bool operator==(const SpokenSettings&) const = default;
};

struct ListenerSettings {
  std::string name;
  std::string address;
  bool address_is_secret = false;  // as the file has it; what it is bound to is no secret
  std::vector<std::string> layers;
  std::vector<std::string> optional_layers;
  std::vector<SpokenSettings> serves;  // asked in this order
  std::string name_space;
  std::uint32_t connections = 0;
  int backlog = 0;
  std::uint64_t output_bytes = 0;
  std::uint64_t close_ms = 0;
  std::uint64_t handshake_ms = 0;
  bool serves_requests() const;
  bool operator==(const ListenerSettings&) const = default;
};

struct NamespaceSettings {
  std::string name;
  std::vector<std::string> hosts;
  std::vector<std::string> custom_domains;
  InboundRules inbound;
  std::vector<std::string> authenticators;
  std::uint64_t authentication_ms = 0;
  std::vector<std::string> authorizers;
  std::vector<std::string> publish_stages;
  std::vector<std::string> deliver_stages;
  std::string dead_letter_topic;
  std::string shared_key_property;
  std::uint64_t retained_messages = 0;
  std::uint64_t retained_bytes = 0;
  keeping::Durability durability;
};

/// Connections from here to others. Plugins by instance.
struct OutboundSettings {
  std::uint32_t connections = 0;
  std::uint64_t timeout_ms = 0;
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  std::string tls;
  std::vector<std::string> layers;
  std::string proxy_address;
  std::string proxy_layer;
  std::vector<std::string> proxy_except;
  std::vector<std::string> name_servers;
};

/// Whose plugin files may be loaded, beyond what the program was built with.
struct SignatureSettings {
  std::string policy;
  std::vector<std::filesystem::path> keys;
  std::vector<std::string> revoked;
};

struct Settings {
  std::uint32_t shards = 0;  // 0: one per core
  log::Settings log;
  std::vector<std::filesystem::path> plugin_path;
  SignatureSettings signatures;
  std::filesystem::path resources;  // folder of their files
  std::string store;                // instance; empty: nothing outlives the process
  std::vector<ListenerSettings> listeners;
  std::vector<NamespaceSettings> namespaces;
  std::uint64_t memory_bytes = 0;
  std::uint64_t away_memory_bytes = 0;
  std::uint32_t connections = 0;  // of all listeners; 0: no limit
  std::uint64_t drain_ms = 0;
  std::uint32_t handshake_percent = 0;  // of a shard's time
  OutboundSettings outbound;
  bool custom_domain_check = true;
};

/// Schema of the file without the plugins' parts.
const schema::Schema& settings_schema();

/// Takes what validate() made of a file; null stands for what was refused and reads as nothing. Names are not looked up
/// yet.
Settings read_settings(const Json::Value& root);

}  // namespace trellis::configuration
