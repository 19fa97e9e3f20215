#include "target.hpp"

#include <algorithm>
#include <charconv>
#include <trellis/networks.hpp>
#include <utility>

#include "common/checked_block/checked_block.hpp"
#include "common/delivery/connection_string.hpp"

namespace kafka {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;

constexpr std::uint16_t kEventHubsPort = 9093;
constexpr std::uint16_t kEmulatorPort = 9092;

/// The host of "host:port" or "[v6]:port"; empty where it is none.
std::string_view host_of(std::string_view server) {
  const std::size_t colon = server.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::uint16_t port = 0;
  const char* const end = server.data() + server.size();
  const auto [stopped, error] = std::from_chars(server.data() + colon + 1, end, port);
  if (error != std::errc() || stopped != end || port == 0) return {};
  std::string_view host = server.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    return trellis::ip_address(host) ? host : std::string_view();
  }
  // The library takes "protocol://" in front and blanks around; nothing of that is meant here.
  const bool name = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
  return name ? host : std::string_view();
}

Result<void> read_servers(std::string_view text, bool& here) {
  here = true;
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view host = host_of(text.substr(0, comma));
    if (host.empty()) {
      return fail("/bootstrapServers: \"" + std::string(text.substr(0, std::min<std::size_t>(comma, 300))) +
                  "\" is not of the form host:port");
    }
    here = here && trellis::is_this_machine(host);
    if (comma == text.size()) return ok();
    text.remove_prefix(comma + 1);
  }
}

Result<void> check_encryption(bool tls, bool here, const Settings& settings) {
  if (tls || here || settings.allow_plaintext) return ok();
  return fail(
      "/tls: is false, and the cluster is not on this machine; events and secrets would cross the network in clear "
      "text, which the plugin's setting allow_plaintext allows");
}

Result<void> check_topic(std::string_view topic) {
  const bool right = std::all_of(topic.begin(), topic.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
  if (right && topic != "." && topic != "..") return ok();
  return fail("/topic: is no name of a topic, which has letters, digits, '.', '_' and '-'");
}

void set_security(ClientSettings& client, bool tls, bool sasl) {
  client.set("security.protocol", std::string(sasl ? "sasl_" : "") + (tls ? "ssl" : "plaintext"));
}

Result<void> read_tls(const Config& properties, const Settings& settings, Target& target) {
  // The library's own default takes a certificate of any name.
  target.client.set("ssl.endpoint.identification.algorithm", "https");
  target.client.set("enable.ssl.certificate.verification", "true");
  const std::string authorities = properties.text("caCertificates", "");
  if (!authorities.empty()) {
    target.client.set("ssl.ca.pem", authorities);
  } else if (!settings.ca_file.empty()) {
    target.client.set("ssl.ca.location", settings.ca_file);
  }
  const std::string certificate = properties.text("clientCertificate", "");
  const std::string key = properties.text("clientKey", "");
  if (certificate.empty() != key.empty()) return fail(": clientCertificate and clientKey belong together");
  if (certificate.empty()) return ok();
  target.client.set("ssl.certificate.pem", certificate);
  target.client.set("ssl.key.pem", key);
  return ok();
}

Result<void> read_kafka(const Config& properties, const Settings& settings, Target& target) {
  if (properties.contains("connectionString")) return fail("/connectionString: belongs to the endpointType EventHub");
  target.servers = properties.text("bootstrapServers", "");
  if (target.servers.empty()) return fail(": \"bootstrapServers\" is missing");
  bool here = false;
  if (auto read = read_servers(target.servers, here); !read) return read;
  target.topic = properties.text("topic", "");
  if (target.topic.empty()) return fail(": \"topic\" is missing");
  const bool tls = properties.boolean("tls");
  if (auto right = check_encryption(tls, here, settings); !right) return right;
  target.client.set("bootstrap.servers", target.servers);
  const auto sasl = properties.find("sasl");
  set_security(target.client, tls, sasl.has_value());
  if (tls) {
    if (auto read = read_tls(properties, settings, target); !read) return read;
  }
  if (!sasl) return ok();
  target.client.set("sasl.mechanisms", sasl->text("mechanism"));
  target.client.set("sasl.username", sasl->text("username"));
  target.client.set("sasl.password", sasl->text("password"));
  return ok();
}

Result<void> read_event_hub(const Config& properties, const Settings& settings, Target& target) {
  for (const std::string_view name : {"bootstrapServers", "sasl", "clientCertificate", "clientKey"}) {
    if (properties.contains(name)) return fail("/" + std::string(name) + ": belongs to the endpointType Kafka");
  }
  const std::string text = properties.text("connectionString", "");
  if (text.empty()) return fail(": \"connectionString\" is missing");
  const auto parsed = common::ConnectionString::parse(text);
  if (!parsed) return fail("/connectionString: " + parsed.error().text);
  target.topic = properties.text("topic", parsed->entity);
  if (target.topic.empty()) return fail(": \"topic\" is missing, and connectionString has no EntityPath");
  if (!parsed->entity.empty() && target.topic != parsed->entity) {
    return fail("/topic: is another one than the EntityPath of connectionString");
  }
  const bool tls = !parsed->emulator && properties.boolean("tls");
  if (auto right = check_encryption(tls, trellis::is_this_machine(parsed->host), settings); !right) return right;
  const std::uint16_t usual = parsed->emulator ? kEmulatorPort : kEventHubsPort;
  target.servers = parsed->host + ":" + std::to_string(parsed->port == 0 ? usual : parsed->port);
  target.client.set("bootstrap.servers", target.servers);
  set_security(target.client, tls, true);
  if (tls) {
    if (auto read = read_tls(properties, settings, target); !read) return read;
  }
  target.client.set("sasl.mechanisms", "PLAIN");
  target.client.set("sasl.username", "$ConnectionString");
  target.client.set("sasl.password", text);
  return ok();
}

// ce_ and content-type are the binding's own.
Result<void> judge_header(std::string_view name) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), small);
  if (lower.starts_with("ce_") || lower == "content-type") return fail("that header is the handler's own");
  return ok();
}

Result<void> read_form(const Config& properties, Target& target) {
  target.mode = properties.text("mode") == "binary" ? Mode::binary : Mode::structured;
  const std::string key = properties.text("partitionKey", "");
  for (const std::string& one : key.empty() ? std::vector<std::string>{"partitionkey", "subject"} : std::vector{key}) {
    const auto path = cloud_event::Path::parse(one);
    if (!path) return fail("/partitionKey: " + path.error().text);
    target.key_slots.push_back(target.keys.add(*path, cloud_event::Keys::kWritten));
  }
  auto mappings =
      common::read_attribute_mappings(properties.list("deliveryAttributeMappings"), target.keys, judge_header);
  if (!mappings) return mappings.error();
  target.mappings = std::move(*mappings);
  target.client.set("compression.codec", properties.text("compression"));
  target.client.set("message.max.bytes", std::to_string(properties.integer("maxMessageBytes")));
  target.client.set("client.id", properties.text("clientId"));
  return ok();
}

Result<void> read_time(const Config& properties, const Settings& settings, Target& target) {
  target.message_timeout =
      std::chrono::milliseconds(properties.integer("messageTimeout", settings.message_timeout.count()));
  if (target.message_timeout > settings.message_timeout_max) {
    return fail("/messageTimeout: is longer than the plugin's message_timeout_max, which is " +
                std::to_string(settings.message_timeout_max.count()) + " ms");
  }
  set_usual(target.client, settings, target.message_timeout);
  return ok();
}

}  // namespace

Result<std::shared_ptr<const Target>> read_target(const Config& block, const Settings& settings) {
  static const common::BlockSchema schema(target_schema());
  const auto checked = schema.check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  const auto wrong = [&](const trellis::Error& error) {
    return error.text.starts_with("/properties") ? error : fail("/properties" + error.text);
  };
  auto target = std::make_shared<Target>();
  const auto place = checked->text("endpointType") == "EventHub" ? &read_event_hub : &read_kafka;
  if (auto read = place(properties, settings, *target); !read) return wrong(read.error());
  if (auto right = check_topic(target->topic); !right) return wrong(right.error());
  if (auto read = read_form(properties, *target); !read) return wrong(read.error());
  if (auto read = read_time(properties, settings, *target); !read) return wrong(read.error());
  if (const auto conf = target->client.conf(); !conf) return wrong(fail(": " + conf.error().text));
  if (const auto context = checked->find("context")) target->of_topic = !context->text("subscription", "").empty();
  return std::shared_ptr<const Target>(std::move(target));
}

}  // namespace kafka
