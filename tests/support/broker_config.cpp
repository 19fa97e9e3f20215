// The two configuration dialects.
#include "support/broker_config.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace trellis::testing {
namespace {

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

// Mosquitto's hashed format, which both brokers read.
void write_password_file(const BrokerOptions& options, const std::string& path) {
  write_file(path, "");
  for (const auto& [user, password] : options.users) {
    const auto command = "mosquitto_passwd -b '" + path + "' '" + user + "' '" + password + "'";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("mosquitto_passwd failed");
  }
}

template <class Value>
void line(std::ostringstream& out, const char* key, const std::optional<Value>& value) {
  if (value) out << key << ' ' << *value << '\n';
}

// Collects the members of one JSON object.
class Members {
 public:
  template <class Value>
  void add(const std::string& key, const std::optional<Value>& value) {
    if (value) put(key, std::to_string(*value));
  }
  void put(const std::string& key, const std::string& json) {
    text_ += (text_.empty() ? "\"" : ", \"") + key + "\": " + json;
  }
  std::string object() const { return "{ " + text_ + " }"; }

 private:
  std::string text_;
};

std::string quoted(const std::string& text) { return '"' + text + '"'; }

// Values with a unit.
void put_unit(Members& members, const std::string& key, const std::optional<std::uint32_t>& value, const char* unit) {
  if (value) members.put(key, quoted(std::to_string(*value) + unit));
}

// What the MQTT protocol plugin does differently in the namespace.
std::string mqtt_block(const BrokerOptions& options) {
  Members mqtt;
  put_unit(mqtt, "packet_bytes", options.max_packet_bytes, "B");
  put_unit(mqtt, "connect_packet_bytes", options.max_packet_bytes, "B");
  put_unit(mqtt, "keep_alive", options.max_keep_alive_s, "s");
  put_unit(mqtt, "session_expiry", options.max_session_expiry_s, "s");
  mqtt.add("receive_maximum", options.receive_maximum);
  mqtt.add("topic_aliases", options.topic_alias_maximum);
  mqtt.add("maximum_qos", options.max_qos);
  mqtt.add("queue_messages", options.max_queued_messages);
  mqtt.add("subscriptions", options.max_subscriptions);
  mqtt.add("topic_levels", options.max_topic_levels);
  if (options.connect_timeout)
    mqtt.put("connect_timeout", quoted(std::to_string(options.connect_timeout->count()) + "ms"));
  if (!options.retain) mqtt.put("retained", "false");
  if (!options.wildcards) mqtt.put("wildcard_subscriptions", "false");
  if (!options.shared_subscriptions) mqtt.put("shared_subscriptions", "false");
  if (!options.subscription_ids) mqtt.put("subscription_identifiers", "false");
  if (!options.empty_client_ids) mqtt.put("empty_client_ids", "false");
  if (!options.response_information.empty()) mqtt.put("response_information", quoted(options.response_information));
  return mqtt.object();
}

std::string configured(const std::string& config, const std::string& file = "") {
  Members instance;
  if (!file.empty()) instance.put("file", quoted(file));
  instance.put("config", config);
  return instance.object();
}

}  // namespace

std::string test_plugins() {
  const char* other = std::getenv("TRELLIS_TEST_PLUGINS");
  return other != nullptr ? other : TRELLIS_TEST_PLUGINS_DEFAULT;
}

std::string mosquitto_config(const BrokerOptions& options, std::uint16_t port, const std::string& directory) {
  std::ostringstream out;
  // Without a user mosquitto run by root becomes one that may not read the files written here.
  out << "user root\nlog_dest stderr\nlog_type all\nper_listener_settings false\n";
  out << "sys_interval 1\nset_tcp_nodelay true\nmax_inflight_messages 0\nmax_queued_messages 10000\n";
  line(out, "max_packet_size", options.max_packet_bytes);
  line(out, "max_keepalive", options.max_keep_alive_s);
  if (options.receive_maximum) out << "max_inflight_messages " << *options.receive_maximum << '\n';
  if (options.max_queued_messages) out << "max_queued_messages " << *options.max_queued_messages << '\n';
  if (!options.retain) out << "retain_available false\n";
  if (!options.acl.empty()) {
    write_file(directory + "/acl", options.acl);
    out << "acl_file " << directory << "/acl\n";
  }
  if (options.users.empty()) {
    out << "allow_anonymous true\n";
  } else {
    write_password_file(options, directory + "/passwords");
    out << "allow_anonymous false\npassword_file " << directory << "/passwords\n";
  }
  if (!options.empty_client_ids) out << "allow_zero_length_clientid false\n";
  out << "listener " << port << " 127.0.0.1\n";
  line(out, "max_qos", options.max_qos);
  line(out, "max_topic_alias", options.topic_alias_maximum);
  line(out, "max_connections", options.max_connections);
  return out.str();
}

std::string trellis_config(const BrokerOptions& options, const std::string& directory) {
  Members plugins;
  plugins.put("service-sys-topics", configured(R"({ "interval": "1s" })"));

  std::string authenticators;
  if (options.riddles) {
    plugins.put("authenticator-riddle", configured("{}", test_plugins() + "/authenticator-riddle.so"));
    authenticators = R"("authenticator-riddle", )";
  }
  if (options.users.empty()) {
    // Tests of CONNECT show names and passwords that mean nothing.
    plugins.put("authenticator-anonymous", configured(R"({ "any_credentials": true })"));
    authenticators += R"("authenticator-anonymous")";
  } else {
    write_password_file(options, directory + "/passwords");
    plugins.put("authenticator-password", configured(R"({ "file": )" + quoted(directory + "/passwords") + " }"));
    authenticators += R"("authenticator-password")";
  }
  std::string authorizer = "authorizer-allow-all";
  if (!options.acl.empty()) {
    write_file(directory + "/acl", options.acl);
    plugins.put("authorizer-acl", configured(R"({ "file": )" + quoted(directory + "/acl") + " }"));
    authorizer = "authorizer-acl";
  }

  Members listener;
  listener.put("name", quoted("mqtt"));
  listener.put("address", quoted("127.0.0.1:0"));
  listener.put("protocol", quoted("transport-mqtt"));
  listener.put("namespace", quoted("default"));
  listener.add("connections", options.max_connections);

  Members space;
  space.put("authenticators", "[" + authenticators + "]");
  space.put("authorizers", "[" + quoted(authorizer) + "]");
  space.put("plugins", R"({ "transport-mqtt": )" + mqtt_block(options) + " }");

  Members file;
  file.put("shards", "2");
  file.put("plugins", plugins.object());
  file.put("listeners", "[" + listener.object() + "]");
  file.put("namespaces", R"({ "default": )" + space.object() + " }");
  return file.object() + "\n";
}

}  // namespace trellis::testing
