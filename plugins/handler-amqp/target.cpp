#include "target.hpp"

#include <algorithm>
#include <utility>

#include "common/checked_block/checked_block.hpp"
#include "common/delivery/connection_string.hpp"
#include "common/events/text.hpp"
#include "conversation.hpp"

namespace amqp {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;

constexpr std::uint16_t kAmqpPort = 5672;
constexpr std::uint16_t kAmqpsPort = 5671;

const common::BlockSchema& schema_of(std::string_view type) {
  static const common::BlockSchema amqp(target_schema("Amqp"));
  static const common::BlockSchema queue(target_schema("ServiceBusQueue"));
  static const common::BlockSchema topic(target_schema("ServiceBusTopic"));
  return type == "ServiceBusQueue" ? queue : type == "ServiceBusTopic" ? topic : amqp;
}

/// What endpointType says, before anything is checked.
Result<std::string> type_of(const Config& block) {
  const auto found = block.find("endpointType");
  if (!found) return std::string("Amqp");
  const std::string type = found->type() == trellis::json::Type::text ? found->as_text() : std::string(found->json());
  if (type == "Amqp" || type == "ServiceBusQueue" || type == "ServiceBusTopic") return type;
  return fail("/endpointType: " + trellis::json::quote(type) +
              R"( is not one of "Amqp", "ServiceBusQueue", "ServiceBusTopic")");
}

Result<void> read_sasl(const Config& properties, Target& target) {
  const auto sasl = properties.find("sasl");
  if (!sasl) return ok();
  Identity& identity = target.identity;
  identity = {sasl->text("mechanism"), sasl->text("username", ""), sasl->text("password", "")};
  if (identity.mechanism == "PLAIN") {
    if (identity.username.empty()) return fail("/sasl: PLAIN needs a username");
    // In PLAIN a zero ends each of the two.
    if (identity.username.find('\0') != std::string::npos || identity.password.find('\0') != std::string::npos) {
      return fail("/sasl: username or password has a zero character");
    }
    return ok();
  }
  if (!identity.username.empty() || !identity.password.empty()) {
    return fail("/sasl: username and password belong to the mechanism PLAIN");
  }
  if (identity.mechanism == "EXTERNAL" && !target.settings.target.secure) {
    return fail("/sasl/mechanism: EXTERNAL shows a certificate, and needs tls to be true");
  }
  return ok();
}

Result<void> read_amqp(const Config& properties, const peer_link::PluginSettings& settings, Target& target) {
  const bool tls = properties.boolean("tls");
  auto link = peer_link::read_peer(properties, settings, tls ? "amqps" : "amqp");
  if (!link) return link.error();
  target.settings = std::move(*link);
  target.address = properties.text("address");
  if (!events::is_attribute_text(target.address)) return fail("/address: has control characters, or is no UTF-8");
  target.durable = properties.boolean("durable");
  target.virtual_host = properties.text("virtualHost", target.settings.target.host);
  return read_sasl(properties, target);
}

/// Of a block that says the same as a connection string.
Result<peer_link::LinkSettings> read_host(const common::ConnectionString& parsed, const std::string& layer,
                                          const peer_link::PluginSettings& settings) {
  const bool tls = !parsed.emulator;
  const std::uint16_t port = parsed.port != 0 ? parsed.port : tls ? kAmqpsPort : kAmqpPort;
  const auto block =
      Config::parse(R"({"host":)" + trellis::json::quote(parsed.host) + R"(,"port":)" + std::to_string(port) +
                    R"(,"tls":)" + (tls ? "true" : "false") + R"(,"layer":)" + trellis::json::quote(layer) + "}");
  if (!block) return block.error();
  auto link = peer_link::read_peer(*block, settings, tls ? "amqps" : "amqp");
  if (!link) return fail("/connectionString" + link.error().text);
  return link;
}

Result<void> read_service_bus(const Config& properties, std::string_view entity,
                              const peer_link::PluginSettings& settings, Target& target) {
  const auto parsed = common::ConnectionString::parse(properties.text("connectionString"));
  if (!parsed) return fail("/connectionString: " + parsed.error().text);
  const std::string name(entity);
  target.address = properties.text(name, parsed->entity);
  if (target.address.empty()) return fail(": \"" + name + "\" is missing, and connectionString has no EntityPath");
  if (!parsed->entity.empty() && target.address != parsed->entity) {
    return fail("/" + name + ": is another one than the EntityPath of connectionString");
  }
  if (!events::is_attribute_text(target.address)) return fail("/" + name + ": has control characters, or is no UTF-8");
  auto link = read_host(*parsed, properties.text("layer"), settings);
  if (!link) return link.error();
  target.settings = std::move(*link);
  target.virtual_host = parsed->host;
  target.identity = {"PLAIN", parsed->key_name, parsed->key};
  target.service_bus = true;
  return ok();
}

// Those of the binding are its own.
Result<void> judge_property(std::string_view name) {
  if (name.starts_with("cloudEvents:") || name.starts_with("cloudEvents_")) {
    return fail("that property is the handler's own");
  }
  return ok();
}

Result<void> read_form(const Config& properties, Target& target) {
  target.mode = properties.text("mode") == "binary" ? Mode::binary : Mode::structured;
  target.id_slot = target.keys.add(cloud_event::Path::parse("id").value(), 0);
  target.subject_slot = target.keys.add(cloud_event::Path::parse("subject").value(), 0);
  auto mappings =
      common::read_attribute_mappings(properties.list("deliveryAttributeMappings"), target.keys, judge_property);
  if (!mappings) return mappings.error();
  target.mappings = std::move(*mappings);
  return ok();
}

}  // namespace

Result<std::shared_ptr<const Target>> read_target(const Config& block, const peer_link::PluginSettings& settings) {
  const auto type = type_of(block);
  if (!type) return type.error();
  const auto checked = schema_of(*type).check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  const auto wrong = [&](const trellis::Error& error) {
    return error.text.starts_with("/properties") ? error : fail("/properties" + error.text);
  };
  auto target = std::make_shared<Target>();
  const auto read =
      *type == "Amqp" ? read_amqp(properties, settings, *target)
                      : read_service_bus(properties, *type == "ServiceBusQueue" ? "queue" : "topic", settings, *target);
  if (!read) return wrong(read.error());
  if (auto form = read_form(properties, *target); !form) return wrong(form.error());
  target->settings.name += " '" + target->address + "'";
  if (const auto context = checked->find("context")) target->of_topic = !context->text("subscription", "").empty();
  return std::shared_ptr<const Target>(std::move(target));
}

std::unique_ptr<peer_link::Speaker> Target::speaker(peer_link::Link& link) const {
  return std::make_unique<Conversation>(link, *this);
}

}  // namespace amqp
