#include "push_settings.hpp"

#include <algorithm>
#include <array>
#include <trellis/json.hpp>
#include <utility>

#include "common/cloud_event/reader.hpp"
#include "common/events/rules.hpp"
#include "dead_letters/members.hpp"
#include "iso_duration.hpp"

namespace events_service {
namespace {

using trellis::Config;
using trellis::Schema;

constexpr std::uint32_t kUsualKilobytes = 64;
constexpr std::size_t kMostDelays = 20;
constexpr std::string_view kPlugin = "Plugin";
constexpr std::string_view kWebHook = "WebHook";
constexpr auto kHandlers = std::to_array<std::pair<std::string_view, std::string_view>>({
    {kWebHook, "handler-webhook"},
    {"AzureFunction", "handler-function"},
    {"EventHub", "handler-kafka"},
    {"Kafka", "handler-kafka"},
    {"ServiceBusQueue", "handler-amqp"},
    {"ServiceBusTopic", "handler-amqp"},
    {"Amqp", "handler-amqp"},
    {"StorageQueue", "handler-storage-queue"},
    {"Mqtt", "handler-mqtt"},
    {"Nats", "handler-nats"},
    {"Redis", "handler-redis"},
    {"Postgres", "handler-postgres"},
    {"File", "handler-file"},
    {"NamespaceTopic", "handler-namespace-topic"},
});

// Handlers say what there may be. Whoever reads a resource is not shown what of it is a secret, whatever the handler.
constexpr std::string_view kProperties =
    R"({"type":"object","additionalProperties":true,"description":"What that plugin wants to know; its manual tells. )"
    R"(maxEventsPerBatch and preferredBatchSizeInKilobytes turn batches on.","properties":{)"
    R"("endpointUrl":{"type":["string","null"],"format":"secret"},)"
    R"("bearerToken":{"type":["string","null"],"format":"secret"},)"
    R"("password":{"type":["string","null"],"format":"secret"},)"
    R"("connectionString":{"type":["string","null"],"format":"secret"},)"
    R"("accountKey":{"type":["string","null"],"format":"secret"},)"
    R"("sasToken":{"type":["string","null"],"format":"secret"},)"
    R"("systemKey":{"type":["string","null"],"format":"secret"},)"
    R"("clientKey":{"type":["string","null"],"format":"secret"},)"
    R"("token":{"type":["string","null"],"format":"secret"},)"
    R"("nkeySeed":{"type":["string","null"],"format":"secret"},)"
    R"("jwt":{"type":["string","null"],"format":"secret"},)"
    R"("sasl":{"type":["object","null"],"additionalProperties":true,"properties":{)"
    R"("password":{"type":["string","null"],"format":"secret"}}},)"
    R"("oauth":{"type":["object","null"],"additionalProperties":true,"properties":{)"
    R"("clientSecret":{"type":["string","null"],"format":"secret"}}},)"
    R"("apiKey":{"type":["object","null"],"additionalProperties":true,"properties":{)"
    R"("value":{"type":["string","null"],"format":"secret"}}},)"
    R"("signingSecrets":{"type":["array","null"],"items":{"type":"string","format":"secret"}},)"
    R"("deliveryAttributeMappings":{"type":["array","null"],"items":{"type":"object","additionalProperties":true,)"
    R"("properties":{"properties":{"type":["object","null"],"additionalProperties":true,"properties":{)"
    R"("value":{"type":["string","null"],"format":"secret"}}}}}}}})";

std::string types() {
  std::string out;
  for (const auto& [type, handler] : kHandlers) out.append(type).append(", ");
  return out.append(kPlugin);
}

trellis::Error at(const std::string& place, const std::string& sentence) {
  return trellis::fail(place + ": " + sentence);
}

// A whole number of the destination's properties, which its handler reads as well; -1 where it is missing.
trellis::Result<std::int64_t> number(const Config& properties, std::string_view name, std::int64_t most) {
  const auto found = properties.find(name);
  if (!found || found->type() == trellis::json::Type::null) return std::int64_t{-1};
  const bool whole = found->type() == trellis::json::Type::integer;
  const std::int64_t value = whole ? properties.integer(name) : 0;
  if (whole && value >= 1 && value <= most) return value;
  return at(found->path(), "expected 1 to " + std::to_string(most) + ", found " + std::string(found->json()));
}

trellis::Result<void> read_batches(const Config& properties, PushSettings& push) {
  const auto events = number(properties, "maxEventsPerBatch", 5000);
  if (!events) return events.error();
  const auto kilobytes = number(properties, "preferredBatchSizeInKilobytes", 1024);
  if (!kilobytes) return kilobytes.error();
  // Each of the two turns batches on, and the other one is as usual then.
  if (*events > 0) push.batch_events = static_cast<std::uint32_t>(*events);
  push.batch_bytes = static_cast<std::size_t>(*kilobytes > 0 ? *kilobytes : kUsualKilobytes) * 1024;
  return trellis::ok();
}

trellis::Result<std::vector<std::chrono::milliseconds>> read_delays(const Config& push) {
  std::vector<std::chrono::milliseconds> delays;
  const auto found = push.find("retryDelays");
  if (!found || found->type() == trellis::json::Type::null) return delays;
  for (const Config& one : found->items()) {
    const auto wait = parse_iso_duration(one.as_text());
    if (!wait || *wait < std::chrono::seconds(1) || *wait > std::chrono::days(1))
      return at(one.path(), "expected a duration from PT1S to P1D, found " + std::string(one.json()));
    delays.emplace_back(*wait);
  }
  return delays;
}

// Only what somebody says is no secret is none. What is wrong with them the handler says.
std::vector<PushSettings::Header> read_headers(const Config& properties) {
  std::vector<PushSettings::Header> headers;
  const auto mappings = properties.find("deliveryAttributeMappings");
  if (!mappings || mappings->type() != trellis::json::Type::list) return headers;
  for (const Config& one : mappings->items()) {
    const auto value = one.find("properties");
    if (!value || value->type() != trellis::json::Type::object) continue;
    const auto text = [](const Config& at, std::string_view name) {
      const auto found = at.find(name);
      return found && found->type() == trellis::json::Type::text ? found->as_text() : std::string();
    };
    const auto secret = value->find("isSecret");
    const bool open = secret && secret->json() == "false";
    const std::string source = text(*value, "sourceField");
    if (open || !source.empty())
      headers.push_back({text(one, "name"), source.empty() ? text(*value, "value") : std::string(), source});
  }
  return headers;
}

}  // namespace

Schema PushSettings::schema() {
  return Schema{}
      .object("destination",
              Schema{}
                  .text("endpointType",
                        {.help = "What kind of destination: " + types() +
                                 ". Each has a plugin, which has to be in the configuration; with "
                                 "Plugin, properties.plugin says which; with others it may name another instance.",
                         .required = true})
                  .property("properties", std::string(kProperties)),
              {.help = "Where events go.", .required = true})
      .integer("maxParallelDeliveries",
               {.help = "Most requests that are under way at a time.", .fallback = 16, .minimum = 1, .maximum = 1000})
      .boolean("paused", {.help = "Whether events wait for now.", .fallback = false})
      .text("orderBy", {.help = "An attribute of events, such as subject: of those that have the same there one is "
                                "delivered after the other, in the order in which they were published. Default: no "
                                "order."})
      .choice("retrySchedule", {"namespace", "basic"},
              {.help = "When a delivery that failed is tried again: as Event Grid's namespaces do, up to every 5 "
                       "minutes, or as its basic tier, up to every 12 hours.",
               .fallback = "namespace"})
      .choice("retryProfile", {"durable", "service"},
              {.help = "What is tried again: durable, all that may pass; service, what Event Grid's namespaces try "
                       "again, which give up at once where nobody answers in time, a connection breaks, or a webhook "
                       "answers 404. Default: the plugin's push.retry_profile."})
      .texts("retryDelays",
             {.help = "Waits of your own in place of a schedule, from one attempt to the next, such as PT5S; the last "
                      "one is repeated. Each is of a second to a day.",
              .minimum_items = 1,
              .maximum_items = kMostDelays});
}

std::chrono::milliseconds PushSettings::wait_after(std::uint32_t attempts) const noexcept {
  if (delays.empty()) return events_service::wait_after(schedule, attempts);
  return delays[std::min<std::size_t>(attempts == 0 ? 0 : attempts - 1, delays.size() - 1)];
}

// Event Grid's basic tier has no such gaps.
bool PushSettings::gives_up(const trellis_delivery_result& result) const noexcept {
  return profile == RetryProfile::service && schedule == Tier::name_space &&
         is_given_up(result, endpoint_type == kWebHook || endpoint_type == kPlugin);
}

RetryProfile PushSettings::profile_of(std::string_view name) noexcept {
  return name == "service" ? RetryProfile::service : RetryProfile::durable;
}

trellis::Result<PushSettings> PushSettings::read(const Config& push, RetryProfile usual) {
  PushSettings out;
  const Config destination = push.object("destination");
  out.endpoint_type = destination.text("endpointType");
  for (const auto& [type, handler] : kHandlers) {
    if (type == out.endpoint_type) out.handler = handler;
  }
  const auto properties = destination.find("properties");
  const std::string named = properties ? properties->text("plugin", "") : "";
  if (!named.empty() && (out.endpoint_type == kPlugin || !out.handler.empty())) out.handler = named;
  if (out.endpoint_type == kPlugin && named.empty())
    return at(destination.path() + "/properties/plugin", "expected the name of a plugin of the kind handler");
  if (out.handler.empty())
    return at(destination.path() + "/endpointType",
              "expected one of " + types() + ", found " + trellis::json::quote(out.endpoint_type));
  if (properties) {
    out.properties = properties->json();
    // Another instance of the usual plugin: what it knows of itself it need not be told.
    constexpr std::array<std::string_view, 1> kOfOurs{"plugin"};
    if (!named.empty() && out.endpoint_type != kPlugin)
      out.properties = with_members(out.properties, kOfOurs, "").value_or(out.properties);
    if (auto batches = read_batches(*properties, out); !batches) return batches.error();
    out.headers = read_headers(*properties);
  }
  out.parallel = static_cast<std::uint32_t>(push.integer("maxParallelDeliveries"));
  out.paused = push.boolean("paused");
  out.order_by = push.text("orderBy", "");
  if (!out.order_by.empty() && !events::is_attribute_name(out.order_by))
    return at(push.path() + "/orderBy", "expected the name of an attribute, of small letters and digits, found " +
                                            trellis::json::quote(out.order_by));
  out.schedule = push.text("retrySchedule") == "basic" ? Tier::basic : Tier::name_space;
  const std::string profile = push.text("retryProfile", "");
  out.profile = profile.empty() ? usual : profile_of(profile);
  auto delays = read_delays(push);
  if (!delays) return delays.error();
  out.delays = std::move(delays).value();
  return out;
}

std::string PushSettings::custom_properties(std::string_view event) const {
  cloud_event::Keys keys;
  std::vector<std::pair<const Header*, std::uint32_t>> slots;
  for (const Header& header : headers) {
    if (header.source.empty()) continue;
    if (const auto path = cloud_event::Path::parse(header.source))
      slots.emplace_back(&header, keys.add(*path, cloud_event::Keys::kWritten));
  }
  const auto* const said =
      slots.empty() ? nullptr
                    : cloud_event::read(cloud_event::Event::structured(event), keys, cloud_event::kMostEventBytes);
  std::string out = "{";
  const auto add = [&](const std::string& name, std::string_view value) {
    out.append(out.size() > 1 ? "," : "").append(trellis::json::quote(name));
    out.append(":").append(trellis::json::quote(value));
  };
  for (const Header& header : headers) {
    if (header.source.empty()) add(header.name, header.value);
  }
  for (const auto& [header, slot] : slots) {
    if (said == nullptr) break;
    const cloud_event::Value& value = (*said)[slot];
    using Type = cloud_event::Value::Type;
    if (value.type == Type::text || value.type == Type::number || value.type == Type::boolean)
      add(header->name, value.text);
  }
  return out + "}";
}

std::string PushSettings::destination(std::string_view name_space, std::string_view topic,
                                      std::string_view subscription, std::string_view consent) const {
  return "{\"endpointType\":" + trellis::json::quote(endpoint_type) + ",\"properties\":" + properties +
         ",\"context\":{\"namespace\":" + trellis::json::quote(name_space) +
         ",\"topic\":" + trellis::json::quote(topic) + ",\"subscription\":" + trellis::json::quote(subscription) + "}" +
         (consent.empty() ? std::string() : ",\"consent\":" + trellis::json::quote(consent)) + "}";
}

}  // namespace events_service
