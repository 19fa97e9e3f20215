#include "target.hpp"

#include <algorithm>
#include <string_view>
#include <trellis/json.hpp>

#include "common/checked_block/checked_block.hpp"
#include "common/checked_block/destination_block.hpp"
#include "common/http/characters.hpp"

namespace namespace_topic {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;
using trellis::Schema;
using trellis::http::cut_last_segment;
using trellis::http::equals_ignoring_case;

bool is_topic(std::string_view text) {
  return text.size() >= 3 && text.size() <= 50 && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// ".../namespaces/plant/topics/orders"
Result<void> read_id(std::string_view id, Target& target) {
  const std::string whole(id);
  target.topic = cut_last_segment(id);
  const bool topics = equals_ignoring_case(cut_last_segment(id), "topics");
  target.name_space = cut_last_segment(id);
  if (topics && equals_ignoring_case(cut_last_segment(id), "namespaces") && !target.name_space.empty()) return ok();
  return fail("/resourceId: expected the id of a namespace's topic, …/namespaces/<namespace>/topics/<topic>, found " +
              trellis::json::quote(whole));
}

Result<void> read_place(const Config& properties, const std::string& here, Target& target) {
  const std::string id = properties.text("resourceId", "");
  target.topic = properties.text("topicName", "");
  if (id.empty() == target.topic.empty()) return fail(": expected either topicName or resourceId");
  target.name_space = properties.text("namespaceName", here);
  if (!id.empty()) {
    if (auto read = read_id(id, target); !read) return read;
  }
  const std::string place = id.empty() ? "/topicName" : "/resourceId";
  if (is_topic(target.topic)) return ok();
  return fail(place + ": expected the name of a topic, 3 to 50 letters, digits or '-', found " +
              trellis::json::quote(target.topic));
}

Schema properties_schema() {
  return Schema{}
      .text("topicName", {.help = "The topic.", .maximum_length = 50})
      .text("namespaceName", {.help = "Its namespace. Default: that of the subscription.", .maximum_length = 255})
      .text("resourceId", {.help = "Instead of both: its id in Azure, …/namespaces/<namespace>/topics/<topic>.",
                           .maximum_length = 1024})
      .integer("hops", {.help = "Most topics that an event may have come by, as its attribute forwardhops counts them. "
                                "Default: the plugin's.",
                        .minimum = 1,
                        .maximum = 1000});
}

}  // namespace

Schema schema() {
  return Schema{}
      .integer("hops", {.help = "Most topics that an event may have come by before it is refused. What bounds loops.",
                        .fallback = 8,
                        .minimum = 1,
                        .maximum = 1000})
      .integer("waiting", {.help = "Most events that are under way; what comes then is tried again later.",
                           .fallback = 100'000,
                           .minimum = 1,
                           .maximum = 10'000'000})
      .list("forwards",
            Schema{}
                .text("from", {.help = "A namespace whose subscriptions may do so.", .required = true})
                .text("to", {.help = "A namespace whose topics they may fill.", .required = true}),
            {.help = "Between which namespaces events may go. Within one they always may.", .fallback = "[]"})
      .example("{}")
      .example(R"({"forwards": [{"from": "plant", "to": "office"}]})");
}

Settings read_settings(const Config& config) {
  Settings settings;
  settings.hops = static_cast<std::uint32_t>(config.integer("hops"));
  settings.waiting = static_cast<std::size_t>(config.integer("waiting"));
  for (const Config& one : config.list("forwards")) settings.forwards.emplace(one.text("from"), one.text("to"));
  return settings;
}

Schema target_schema() {
  return common::destination_schema(
      {"NamespaceTopic", "Plugin"},
      common::with_batches(properties_schema(), "Most events that are forwarded at once, all or none."),
      {.help = "The topic.", .required = true}, common::Context::event_subscription);
}

Result<Target> read_target(const Config& block, const Settings& settings) {
  static const common::BlockSchema schema(target_schema());
  const auto checked = schema.check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  const Config context = checked->object("context");
  const std::string here = context.text("namespace");
  Target target;
  if (auto read = read_place(properties, here, target); !read) return fail("/properties" + read.error().text);
  const auto hops = static_cast<std::uint32_t>(properties.integer("hops", settings.hops));
  if (hops > settings.hops) {
    return fail("/properties/hops: is more than the plugin's hops, which is " + std::to_string(settings.hops));
  }
  target.hops = hops;
  if (target.name_space == here) {
    if (!equals_ignoring_case(target.topic, context.text("topic"))) return target;
    return fail("/properties: is the topic that the events come from");
  }
  if (settings.forwards.contains({here, target.name_space})) return target;
  return fail("/properties: the plugin's setting forwards does not let events go from the namespace " +
              trellis::json::quote(here) + " to " + trellis::json::quote(target.name_space));
}

}  // namespace namespace_topic
