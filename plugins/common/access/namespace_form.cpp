#include "access/namespace_form.hpp"

#include <algorithm>
#include <functional>
#include <vector>

namespace rights {
namespace {

using trellis::Config;
using trellis::Schema;

constexpr std::string_view kKept = "Kept, without effect.";
constexpr std::string_view kObjects = R"({"type":"object","additionalProperties":{}})";

Config inside(const Config& object, std::string_view name) { return object.find(name).value_or(Config()); }
bool has_items(const Config& object, std::string_view name) {
  const auto found = object.find(name);
  return found && !found->items().empty();
}
bool says_otherwise(const Config& object, std::string_view name, std::string_view harmless) {
  const auto found = object.find(name);
  return found && found->as_text() != harmless;
}

bool same_word(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, small, small);
}

/// What asks for something that the broker's configuration decides, or that nobody does.
struct Refused {
  std::string_view pointer;
  std::string_view why;
  std::function<bool(const Config& name_space, const Config& spaces)> asked;
};

const std::vector<Refused>& refused() {
  static constexpr std::string_view kDomains =
      "custom domains stand in the broker's configuration, as \"custom_domains\" of the namespace; only [] is taken "
      "here";
  static const std::vector<Refused> all = {
      {"/publicNetworkAccess",
       "the broker's configuration decides it, as \"public_network_access\" of the namespace; only \"Enabled\" is "
       "taken "
       "here",
       [](const Config& space, const Config&) { return says_otherwise(space, "publicNetworkAccess", "Enabled"); }},
      {"/inboundIpRules",
       "the broker's configuration has such rules, as \"inbound_ip_rules\" of the namespace; only [] is taken here",
       [](const Config& space, const Config&) { return has_items(space, "inboundIpRules"); }},
      {"/topicsConfiguration/customDomains", kDomains,
       [](const Config& space, const Config&) {
         return has_items(inside(space, "topicsConfiguration"), "customDomains");
       }},
      {"/topicSpacesConfiguration/customDomains", kDomains,
       [](const Config&, const Config& spaces) { return has_items(spaces, "customDomains"); }},
      {"/topicSpacesConfiguration/state",
       "the broker's listeners decide whether there is MQTT; only \"Enabled\" is taken here",
       [](const Config&, const Config& spaces) { return says_otherwise(spaces, "state", "Enabled"); }},
      {"/topicSpacesConfiguration/routingEnrichments",
       "nothing is routed that they could be added to; expected routeTopicResourceId beside them, or put them into "
       "routes of their own (docs/routing.md)",
       [](const Config&, const Config& spaces) {
         const Config enrichments = inside(spaces, "routingEnrichments");
         return !says_otherwise(spaces, "routeTopicResourceId", "") &&
                (has_items(enrichments, "static") || has_items(enrichments, "dynamic"));
       }}};
  return all;
}

}  // namespace

Schema namespace_form() {
  const auto sku = Schema{}
                       .choice("name", {"Standard"}, {.help = kKept})
                       .integer("capacity", {.help = "Throughput units. Kept; limits are set in the configuration.",
                                             .minimum = 1,
                                             .maximum = 40});
  const auto identity =
      Schema{}
          .choice("type", {"None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned"}, {.help = kKept})
          .text("principalId", {.help = kKept})
          .text("tenantId", {.help = kKept})
          .property("userAssignedIdentities", kObjects);
  const auto rule = Schema{}
                        .text("ipMask", {.help = "A network.", .required = true})
                        .choice("action", {"Allow"}, {.help = "What is done with it."});
  const auto topics =
      Schema{}.list_of("customDomains", kObjects, {.help = "Only [] is taken: the configuration has them."});
  return Schema{}
      .text("location", {.help = kKept})
      .property("tags", R"({"type":"object","description":"Kept, without effect.","additionalProperties":)"
                        R"({"type":"string"}})")
      .object("sku", sku, {.help = kKept})
      .object("identity", identity, {.help = kKept})
      .boolean("isZoneRedundant", {.help = "Kept, without effect; once said it stays."})
      .choice("publicNetworkAccess", {"Enabled", "Disabled", "SecuredByPerimeter"},
              {.help = "Only Enabled is taken: public_network_access of the configuration decides."})
      .list("inboundIpRules", rule, {.help = "Only [] is taken: inbound_ip_rules of the configuration decide."})
      .choice("minimumTlsVersionAllowed", {"1.2"}, {.help = "Kept: transport-tls offers nothing older."})
      .boolean("disableLocalAuth",
               {.help = "Access keys and SAS tokens open nothing over HTTP: only bearer tokens do."})
      .object("topicsConfiguration", topics, {.help = "What concerns topics for HTTP."});
}

Schema topic_spaces_form() {
  const auto routing_identity = Schema{}
                                    .choice("type", {"None", "SystemAssigned", "UserAssigned"},
                                            {.help = "Kept, without effect: the topic is of this broker."})
                                    .text("userAssignedIdentity", {.help = kKept});
  return Schema{}
      .choice("state", {"Enabled", "Disabled"}, {.help = "Only Enabled is taken: the listeners decide."})
      .text("routeTopicResourceId",
            {.help = "The topic of service-events whose events all MQTT messages of the namespace "
                     "become: its name, or an id that ends with /topics/NAME."})
      .object("routingIdentityInfo", routing_identity, {.help = "Belongs to routing."})
      .object("routingEnrichments", enrichments_form(), {.help = "Attributes that these events get."})
      .list_of("customDomains", kObjects, {.help = "Only [] is taken: the configuration has them."});
}

Schema enrichments_form() {
  static constexpr std::string_view kKey =
      "The attribute: 1 to 20 small letters and digits, none of CloudEvents' own, not beginning with azsp.";
  return Schema{}
      .list("static",
            Schema{}
                .text("key", {.help = std::string(kKey), .required = true})
                .text("valueType", {.help = "String.", .fallback = "String"})
                .text("value", {.help = "At most 128 bytes, without control characters.", .required = true}),
            {.help = "Attributes that are always the same."})
      .list("dynamic",
            Schema{}
                .text("key", {.help = std::string(kKey), .required = true})
                .text("value", {.help = "One of ${client.authenticationName}, ${client.sessionName}, "
                                        "${client.attributes.KEY}, ${mqtt.message.userProperties.KEY} or "
                                        "${mqtt.message.userProperties['KEY']}, ${mqtt.message.topicName}, "
                                        "${mqtt.message.responseTopic}, ${mqtt.message.correlationData}, "
                                        "${mqtt.message.pfi}, ${mqtt.message.qos}, ${mqtt.message.retain}, "
                                        "${mqtt.message.contentType}, ${namespace}.",
                                .required = true}),
            {.help = "Attributes that tell of the message and its publisher."});
}

trellis::Result<std::string> route_topic(std::string_view id, std::string_view name_space) {
  const auto wrong = [&](const std::string& found) {
    return trellis::fail(
        "/topicSpacesConfiguration/routeTopicResourceId: expected the name of a topic of this "
        "namespace, or an id that ends with /namespaces/" +
        std::string(name_space) + "/topics/NAME or /topics/NAME, found " + found);
  };
  std::vector<std::string_view> steps;
  for (std::string_view left = id; steps.empty() || !left.empty();) {
    steps.push_back(left.substr(0, left.find('/')));
    left.remove_prefix(std::min(steps.back().size() + 1, left.size()));
  }
  const std::size_t count = steps.size();
  const bool named =
      !steps.back().empty() && !id.ends_with('/') && (count == 1 || same_word(steps[count - 2], "topics"));
  if (!named) return wrong(trellis::json::quote(id));
  if (count >= 4 && same_word(steps[count - 4], "namespaces") && !same_word(steps[count - 3], name_space))
    return wrong("namespace " + trellis::json::quote(steps[count - 3]));
  return std::string(steps.back());
}

trellis::Result<void> check_namespace_form(const trellis::ResourceChange& change) {
  const Config now = change.after->properties();
  const Config spaces = now.object("topicSpacesConfiguration");
  for (const Refused& one : refused()) {
    if (one.asked(now, spaces)) return trellis::fail(std::string(one.pointer) + ": " + std::string(one.why));
  }
  if (const std::string id = spaces.text("routeTopicResourceId", ""); !id.empty()) {
    if (const auto topic = route_topic(id, change.after->name_space()); !topic) return topic.error();
  }
  constexpr std::string_view kZones = "isZoneRedundant";
  if (!change.before) return trellis::ok();
  const Config before = change.before->properties();
  // Left out it would be forgotten, and the next change could say anything.
  if (!before.contains(kZones) || (now.contains(kZones) && before.boolean(kZones) == now.boolean(kZones)))
    return trellis::ok();
  return trellis::fail("/isZoneRedundant: it cannot be changed after creation; it is " +
                       std::string(before.boolean(kZones) ? "true" : "false"));
}

}  // namespace rights
