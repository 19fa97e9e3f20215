#include "settings.hpp"

#include <trellis/json.hpp>

namespace system_events {
namespace {

trellis::Schema watch_schema() {
  return trellis::Schema{}
      .text("type", {.help = "Type of the event.", .required = true, .minimum_length = 1, .maximum_length = 256})
      .text("metric", {.help = "Name of the metric, without labels.", .required = true, .minimum_length = 1})
      .text("label", {.help = "Text that its labels contain, such as outcome=\"refused\". Default: any."})
      .integer("below", {.help = "Told when the metric gets below this. Default: told whenever it has grown."});
}

}  // namespace

trellis::Schema Settings::schema() {
  return trellis::Schema{}
      .topic("prefix", {.help = "Topic below which events are published. It begins with $, so that nobody but the "
                                "broker publishes there.",
                        .fallback = "$events/system"})
      .text("source", {.help = "The attribute source of events. Default: the name of their namespace."})
      .text("namespace", {.help = "Namespace into which events of the broker itself are published; those of clients "
                                  "and resources are published into their own.",
                          .fallback = std::string_view("default"),
                          .minimum_length = 1})
      .boolean("sessions", {.help = "Whether clients that connect and disconnect are told of.", .fallback = true})
      .boolean("resources", {.help = "Whether resources that are written or removed are told of.", .fallback = true})
      .duration("resource_delay", {.help = "How long a resource has to be told of: all changes within are one, and one "
                                           "that was made and removed again is only removed.",
                                   .fallback = "5s",
                                   .minimum = "100ms",
                                   .maximum = "10m"})
      .duration("watch_interval",
                {.help = "How often metrics are looked at.", .fallback = "10s", .minimum = "100ms", .maximum = "1h"})
      .list("watches", watch_schema(),
            {.help = "Metrics that become events, in place of the usual ones: certificates that expire within 30 days, "
                     "destinations that fail, dead letters, what is dropped, sessions that overflow, errors of "
                     "plugins, reloads. [] is none.",
             .maximum_items = 100})
      .example("{}")
      .example(R"({"watches": [{"type": "Trellis.MemoryShort", "metric": "trellis_reads_paused_total"}]})");
}

trellis::Result<Settings> Settings::read(const trellis::Config& config) {
  Settings settings;
  settings.prefix = config.text("prefix");
  if (!settings.prefix.starts_with('$') || settings.prefix.ends_with('/')) {
    return trellis::fail("/prefix: expected a topic that begins with '$' and ends without '/', found " +
                         trellis::json::quote(settings.prefix));
  }
  settings.source = config.text("source", "");
  settings.name_space = config.text("namespace");
  settings.sessions = config.boolean("sessions");
  settings.resources = config.boolean("resources");
  settings.resource_delay = config.milliseconds("resource_delay");
  settings.watch_interval = config.milliseconds("watch_interval");
  if (!config.contains("watches")) {
    settings.watches = usual_watches();
    return settings;
  }
  for (const trellis::Config& one : config.list("watches")) {
    Watch watch{one.text("type"), one.text("metric"), one.text("label", "")};
    if (one.contains("below")) watch.below = one.integer("below");
    settings.watches.push_back(std::move(watch));
  }
  return settings;
}

}  // namespace system_events
