#include <trellis/abi/store.h>

#include <algorithm>
#include <stdexcept>
#include <trellis/configuration/settings.hpp>
#include <trellis/schema/json_text.hpp>

// Made from settings.schema.json.
extern const char* const trellis_settings_schema;

namespace trellis::configuration {
namespace {

std::vector<std::string> texts(const Json::Value& list) {
  std::vector<std::string> result;
  for (const Json::Value& item : list) result.push_back(item.asString());
  return result;
}

std::uint32_t durability(const std::string& name) {
  if (name == "synced") return TRELLIS_DURABILITY_SYNCED;
  return name == "written" ? TRELLIS_DURABILITY_WRITTEN : TRELLIS_DURABILITY_VOLATILE;
}

SpokenSettings read_spoken(const Json::Value& value) {
  SpokenSettings spoken;
  spoken.protocol = value["protocol"].asString();
  spoken.layers = texts(value["layers"]);
  for (const std::string& mount : value["services"].getMemberNames()) {
    spoken.services.emplace(mount, value["services"][mount].asString());
  }
  return spoken;
}

ListenerSettings read_listener(const Json::Value& value) {
  ListenerSettings listener;
  listener.name = value["name"].asString();
  listener.address = value["address"].asString();
  listener.layers = texts(value["layers"]);
  listener.optional_layers = texts(value["optional_layers"]);
  for (const Json::Value& one : value["serves"]) listener.serves.push_back(read_spoken(one));
  if (value.isMember("protocol")) {
    listener.serves.push_back(read_spoken(value));
    listener.serves.back().layers.clear();  // those are all its protocols'
  }
  listener.name_space = value["namespace"].asString();
  listener.connections = value["connections"].asUInt();
  listener.backlog = value["backlog"].asInt();
  listener.output_bytes = value["output_bytes"].asUInt64();
  listener.close_ms = value["close_timeout"].asUInt64();
  listener.handshake_ms = value["handshake_timeout"].asUInt64();
  return listener;
}

NamespaceSettings read_namespace(const std::string& name, const Json::Value& value) {
  NamespaceSettings space;
  space.name = name;
  space.hosts = texts(value["hosts"]);
  space.custom_domains = texts(value["custom_domains"]);
  space.inbound.public_access = value["public_network_access"].asString() != "disabled";
  for (const Json::Value& rule : value["inbound_ip_rules"]) {
    static_cast<void>(space.inbound.allowed.add(rule["ip_mask"].asString()));  // what is none was refused already
  }
  space.authenticators = texts(value["authenticators"]);
  space.authentication_ms = value["authentication_timeout"].asUInt64();
  space.authorizers = texts(value["authorizers"]);
  space.publish_stages = texts(value["stages"]["publish"]);
  space.deliver_stages = texts(value["stages"]["deliver"]);
  space.dead_letter_topic = value.get("dead_letter_topic", "").asString();
  space.shared_key_property = value["shared_subscriptions"].get("key_property", "").asString();
  space.retained_messages = value["retained"]["messages"].asUInt64();
  space.retained_bytes = value["retained"]["bytes"].asUInt64();
  space.durability.retained = durability(value["retained"]["durability"].asString());
  space.durability.sessions = durability(value["sessions"]["durability"].asString());
  for (const Json::Value& rule : value["durability"]["topics"])
    space.durability.topics.push_back({rule["filter"].asString(), durability(rule["level"].asString())});
  for (const Json::Value& rule : value["durability"]["clients"])
    space.durability.clients.push_back({rule["name"].asString(), durability(rule["level"].asString())});
  return space;
}

OutboundSettings read_outbound(const Json::Value& value) {
  OutboundSettings outbound;
  outbound.connections = value["connections"].asUInt();
  outbound.timeout_ms = value["timeout"].asUInt64();
  outbound.allow = texts(value["allow"]);
  outbound.deny = texts(value["deny"]);
  outbound.tls = value["tls"].asString();
  outbound.layers = texts(value["layers"]);
  outbound.proxy_address = value["proxy"]["address"].asString();
  outbound.proxy_layer = value["proxy"]["layer"].asString();
  outbound.proxy_except = texts(value["proxy"]["except"]);
  outbound.name_servers = texts(value["name_servers"]);
  return outbound;
}

SignatureSettings read_signatures(const Json::Value& value) {
  SignatureSettings signatures;
  signatures.policy = value["policy"].asString();
  for (const Json::Value& file : value["keys"]) {
    if (file.isString()) signatures.keys.emplace_back(file.asString());
  }
  signatures.revoked = texts(value["revoked"]);
  return signatures;
}

}  // namespace

bool ListenerSettings::serves_requests() const {
  return std::ranges::any_of(serves, [](const SpokenSettings& one) { return !one.services.empty(); });
}

const schema::Schema& settings_schema() {
  static const schema::Schema schema = [] {
    schema::Diagnostics problems;
    auto read = schema::Schema::parse(trellis_settings_schema, "schema of the configuration file", problems);
    if (!read) throw std::logic_error(problems.text());
    return *read;
  }();
  return schema;
}

Settings read_settings(const Json::Value& root) {
  Settings settings;
  settings.shards = root["shards"].asUInt();
  log::parse_level(root["log"]["level"].asString(), settings.log.level);
  settings.log.json = root["log"]["format"].asString() == "json";
  const Json::Value& levels = root["log"]["levels"];
  for (const std::string& component : levels.getMemberNames()) {
    log::parse_level(levels[component].asString(), settings.log.levels[component]);
  }
  settings.memory_bytes = root["limits"]["memory"].asUInt64();
  settings.away_memory_bytes = root["limits"].get("away_memory", Json::UInt64{settings.memory_bytes / 2}).asUInt64();
  settings.connections = root["limits"]["connections"].asUInt();
  settings.drain_ms = root["limits"]["drain"].asUInt64();
  settings.handshake_percent = root["limits"]["handshake_percent"].asUInt();
  settings.outbound = read_outbound(root["outbound"]);
  settings.custom_domain_check = root["custom_domain_check"].asBool();
  if (root["store"].isString()) settings.store = root["store"].asString();
  if (root["resources"].isString()) settings.resources = root["resources"].asString();
  for (const Json::Value& folder : root["plugin_path"]) {
    if (folder.isString()) settings.plugin_path.emplace_back(folder.asString());
  }
  settings.signatures = read_signatures(root["plugin_signatures"]);
  for (const Json::Value& listener : root["listeners"]) settings.listeners.push_back(read_listener(listener));
  const Json::Value& namespaces = root["namespaces"];
  for (const std::string& name : namespaces.getMemberNames()) {
    settings.namespaces.push_back(read_namespace(name, namespaces[name]));
  }
  return settings;
}

}  // namespace trellis::configuration
