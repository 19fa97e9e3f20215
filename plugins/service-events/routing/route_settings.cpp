#include "route_settings.hpp"

#include <trellis/json.hpp>
#include <trellis/topic.hpp>

#include "common/access/namespace_form.hpp"
#include "settings.hpp"

namespace events_service {

using trellis::Config;
using trellis::Schema;

trellis::ResourceTypeRules RouteSettings::type(const Settings& settings) {
  return {.name = "routes",
          .schema =
              Schema{}
                  .texts("topicFilters", {.help = "Which MQTT messages: topic filters, with + and #.",
                                          .required = true,
                                          .minimum_items = 1,
                                          .maximum_items = 100})
                  .text("topic", {.help = "The topic whose events they become.", .required = true})
                  .object("predicate", Predicate::schema(),
                          {.help = "Which of the messages a plugin lets through, as MQTT clients published them."})
                  .object("filtersConfiguration", filters_schema(),
                          {.help = "Which of the events are taken, as event subscriptions have it.", .fallback = "{}"})
                  .object("enrichments", rights::enrichments_form(),
                          {.help = "Attributes that the events get.", .fallback = "{}"})
                  .text("description", {.help = "For people."})
                  .json(),
          .shortest_name = 3,
          .longest_name = 50,
          .references = {{.property = "topic", .type = "topics"}},
          .most = settings.routes};
}

trellis::Result<RouteSettings> RouteSettings::read(const Config& properties, const Settings& settings) {
  RouteSettings route;
  for (const Config& one : properties.list("topicFilters")) {
    const std::string filter = one.as_text();
    if (!trellis::valid_topic_filter(filter) || filter.starts_with("$share/"))
      return trellis::fail(one.path() + ": expected a topic filter, found " + trellis::json::quote(filter));
    route.topic_filters.push_back(filter);
  }
  route.topic = properties.text("topic");
  route.predicate = Predicate::read(properties);
  auto enrichments = Enrichments::read(properties.object("enrichments"));
  if (!enrichments) return enrichments.error();
  route.enrichments = std::move(enrichments).value();
  auto filter = cloud_event::Filter::compile(properties.object("filtersConfiguration"), settings.filters);
  if (!filter) return filter.error();
  route.filter = std::make_shared<const cloud_event::Filter>(std::move(filter).value());
  return route;
}

trellis::Result<std::optional<RouteSettings>> RouteSettings::read_namespace(const trellis::Resource& name_space) {
  const Config spaces = name_space.properties().object("topicSpacesConfiguration");
  const auto found = spaces.find("routingEnrichments");
  auto enrichments = found ? Enrichments::read(*found) : Enrichments();
  if (!enrichments) return enrichments.error();
  const std::string id = spaces.text("routeTopicResourceId", "");
  if (id.empty()) return std::optional<RouteSettings>();
  auto topic = rights::route_topic(id, name_space.name_space());
  if (!topic) return topic.error();
  RouteSettings route;
  route.topic_filters = {"#"};
  route.topic = std::move(topic).value();
  route.enrichments = std::move(enrichments).value();
  route.filter = std::make_shared<const cloud_event::Filter>();
  return std::optional(std::move(route));
}

}  // namespace events_service
