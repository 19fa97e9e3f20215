#include "types.hpp"

#include "group_query.hpp"
#include "topic_template.hpp"

namespace topic_spaces {
namespace {

constexpr trellis::TextOptions kDescription{.help = "For people."};

trellis::Schema quotas() {
  return trellis::Schema{}
      .integer(
          "sessions",
          {.help = "Most sessions under one authentication name, connected or not.", .minimum = 1, .maximum = 100'000})
      .integer("subscriptions", {.help = "Most subscriptions of a session.", .minimum = 1, .maximum = 1'000'000})
      .integer("publishesPerSecond", {.help = "Most messages a connection may publish in a second. Who publishes more "
                                              "is read more slowly.",
                                      .minimum = 1,
                                      .maximum = 4'000'000'000})
      .integer("publishedBytesPerSecond",
               {.help = "Most bytes a connection may publish in a second.", .minimum = 1, .maximum = 4'000'000'000});
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
                                                  .minimum_items = 1,
                                                  .maximum_items = limits.templates})
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

trellis::Result<void> check(const trellis::ResourceChange& change) {
  if (!change.after) return trellis::ok();
  if (change.after->type() == "clientGroups") {
    const auto query = GroupQuery::parse(change.after->properties().text("query"));
    return query ? trellis::ok() : trellis::fail("/query: " + query.error().text);
  }
  if (change.after->type() != "topicSpaces") return trellis::ok();
  std::vector<Variable> variables;
  for (const trellis::Config& text : change.after->properties().list("topicTemplates")) {
    const auto parsed = TopicTemplate::parse(text.as_text(), variables);
    if (!parsed) return trellis::fail(text.path() + ": " + parsed.error().text);
  }
  return trellis::ok();
}

}  // namespace topic_spaces
