#include "types.hpp"

#include "group_query.hpp"
#include "topic_template.hpp"

namespace topic_spaces {
namespace {

constexpr std::int64_t kEventGridMostHours = 8;

constexpr trellis::TextOptions kDescription{.help = "For people."};

trellis::Schema quotas() {
  return trellis::Schema{}
      .integer(
          "sessions",
          {.help = "Most sessions under one authentication name, connected or not.", .minimum = 1, .maximum = 100'000})
      .integer("subscriptions", {.help = "Most subscriptions of a session.", .minimum = 1, .maximum = 1'000'000})
      .integer("publishesPerSecond", {.help = "Most messages a client may publish in a second, by all its connections "
                                              "together. Who publishes more is read more slowly.",
                                      .minimum = 1,
                                      .maximum = 4'000'000'000})
      .integer("publishedBytesPerSecond",
               {.help = "The same in bytes of its packets.", .minimum = 1, .maximum = 4'000'000'000});
}

}  // namespace

trellis::ResourceTypeRules client_groups(const TypeLimits& limits) {
  return {.name = "clientGroups",
          .schema = trellis::Schema{}
                        .text("query", {.help = "Which clients are in it: attributes.type = \"press\" and "
                                                "attributes.floor <= 5.",
                                        .required = true})
                        .object("quotas", quotas(),
                                {.help = "What each client of the group may do at most; of several groups the "
                                         "strictest counts.",
                                 .fallback = "{}"})
                        .text("description", kDescription)
                        .json(),
          .shortest_name = 3,
          .longest_name = 50,
          .most = limits.groups};
}

trellis::ResourceTypeRules topic_spaces(const TypeLimits& limits) {
  return {.name = "topicSpaces",
          .schema = trellis::Schema{}
                        .texts("topicTemplates", {.help = "Topic filters, in which ${client.authenticationName} and "
                                                          "${client.attributes.<name>} stand for what the client is.",
                                                  .required = true,
                                                  .minimum_items = 1})
                        .text("description", kDescription)
                        .json(),
          .shortest_name = 3,
          .longest_name = 50,
          .most = limits.spaces};
}

trellis::ResourceTypeRules permission_bindings(const TypeLimits& limits) {
  return {
      .name = "permissionBindings",
      .schema = trellis::Schema{}
                    .text("clientGroupName", {.help = "Who: a client group, or $all.", .required = true})
                    .text("topicSpaceName", {.help = "Where: a topic space.", .required = true})
                    .choice("permission", {"Publisher", "Subscriber"}, {.help = "What.", .required = true})
                    .choice("effect", {"Allow", "Deny"},
                            {.help = "Deny: not what the space holds, whatever else allows it.", .fallback = "Allow"})
                    .text("description", kDescription)
                    .json(),
      .shortest_name = 3,
      .longest_name = 50,
      .references = {{"clientGroupName", "clientGroups", {kEverybody}}, {"topicSpaceName", "topicSpaces"}},
      .most = limits.bindings};
}

trellis::Result<void> check(const trellis::ResourceChange& change, const TypeLimits& limits, bool event_grid) {
  if (!change.after) return trellis::ok();
  if (change.after->type() == "namespaces" && event_grid) {
    constexpr std::string_view kHours = "maximumSessionExpiryInHours";
    const auto hours = change.after->properties().object("topicSpacesConfiguration").integer(kHours, 1);
    if (hours <= kEventGridMostHours) return trellis::ok();
    return trellis::fail("/topicSpacesConfiguration/" + std::string(kHours) + ": with the profile event-grid at most " +
                         std::to_string(kEventGridMostHours) + " are allowed, found " + std::to_string(hours));
  }
  if (change.after->type() == "clientGroups") {
    const auto query = GroupQuery::parse(change.after->properties().text("query"));
    return query ? trellis::ok() : trellis::fail("/query: " + query.error().text);
  }
  if (change.after->type() != "topicSpaces") return trellis::ok();
  // Not by the schema: that must be the same before and after a reload that changes the number.
  const std::size_t templates = change.after->properties().list("topicTemplates").size();
  if (templates > limits.templates)
    return trellis::fail("/topicTemplates: a topic space has at most " + std::to_string(limits.templates) + ", found " +
                         std::to_string(templates));
  std::vector<Variable> variables;
  for (const trellis::Config& text : change.after->properties().list("topicTemplates")) {
    const auto parsed = TopicTemplate::parse(text.as_text(), variables);
    if (!parsed) return trellis::fail(text.path() + ": " + parsed.error().text);
  }
  return trellis::ok();
}

}  // namespace topic_spaces
