#include "access/namespace_form.hpp"

#include <functional>

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
  static constexpr std::string_view kRouting =
      "routes decide it, resources of service-events (docs/routing.md); leave it out";
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
      {"/topicSpacesConfiguration/routeTopicResourceId", kRouting,
       [](const Config&, const Config& spaces) { return says_otherwise(spaces, "routeTopicResourceId", ""); }},
      {"/topicSpacesConfiguration/routingIdentityInfo/type", kRouting,
       [](const Config&, const Config& spaces) {
         return says_otherwise(inside(spaces, "routingIdentityInfo"), "type", "None");
       }},
      {"/topicSpacesConfiguration/routingEnrichments", kRouting, [](const Config&, const Config& spaces) {
         const Config enrichments = inside(spaces, "routingEnrichments");
         return has_items(enrichments, "static") || has_items(enrichments, "dynamic");
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
  const auto routing_identity =
      Schema{}
          .choice("type", {"None", "SystemAssigned", "UserAssigned"}, {.help = "Only None is taken."})
          .text("userAssignedIdentity", {.help = kKept});
  const auto enrichments = Schema{}
                               .list_of("static", kObjects, {.help = "Only [] is taken."})
                               .list_of("dynamic", kObjects, {.help = "Only [] is taken."});
  return Schema{}
      .choice("state", {"Enabled", "Disabled"}, {.help = "Only Enabled is taken: the listeners decide."})
      .text("routeTopicResourceId", {.help = "Only an empty one is taken."})
      .object("routingIdentityInfo", routing_identity, {.help = "Belongs to routing."})
      .object("routingEnrichments", enrichments, {.help = "Belongs to routing."})
      .list_of("customDomains", kObjects, {.help = "Only [] is taken: the configuration has them."});
}

trellis::Result<void> check_namespace_form(const trellis::ResourceChange& change) {
  const Config now = change.after->properties();
  const Config spaces = now.object("topicSpacesConfiguration");
  for (const Refused& one : refused()) {
    if (one.asked(now, spaces)) return trellis::fail(std::string(one.pointer) + ": " + std::string(one.why));
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
