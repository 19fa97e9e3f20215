#include "settings.hpp"

#include <trellis/abi/store.h>

#include "access/access.hpp"
#include "common/stamp/utc_time.hpp"
#include "iso_duration.hpp"

namespace events_service {
namespace {

using trellis::Config;
using trellis::Schema;

constexpr std::uint32_t kWideMostEvents = 10'000;
constexpr std::uint32_t kWideMostWaitS = 3'600;
constexpr std::uint32_t kWideMostDelayS = 604'800;

// What an event lives through, however it is delivered.
Schema with_life(Schema schema) {
  return std::move(schema)
      .integer("maxDeliveryCount",
               {.help = "How often an event is delivered before it becomes a dead letter or is dropped. 1 to 10, with "
                        "the schedule basic 1 to 30, beyond that with wide_ranges.",
                .fallback = 10,
                .minimum = 1,
                .maximum = 65'000})
      .text("eventTimeToLive",
            {.help = "How old an event may become, from its publication, as an ISO 8601 duration: P1DT12H. At least "
                     "PT1M, at most 7 days. Default: as long as the topic keeps events."})
      .object(
          "deadLetterDestinationWithResourceIdentity", Destination::schema(),
          {.help = "Where events go that are rejected, delivered as often as may be, or too old. Without it they are "
                   "dropped and counted."});
}

Schema queue_schema() {
  return with_life(Schema{}.integer(
      "receiveLockDurationInSeconds",
      {.help = "How long a received event is kept from others, until it is acknowledged. 60 to 300, beyond "
               "that with the plugin's wide_ranges.",
       .fallback = 60,
       .minimum = 1,
       .maximum = 86'400}));
}

Schema dead_letters_schema() {
  return Schema{}
      .path("path",
            {.help = "The folder for the files of event subscriptions whose dead letters go to files. It has to "
                     "be there. Default: dead-letters in the broker's working directory, made with the first of them."})
      .boolean("by_default", {.help = "Whether those of event subscriptions that name no place for dead letters go to "
                                      "these files too: of pushed ones whose retryProfile is durable; of all others "
                                      "where path is set. They are dropped else.",
                              .fallback = true})
      .bytes("folder_bytes", {.help = "Most bytes of all files below path. More letters are tried again later, and "
                                      "lost after two days.",
                              .fallback = "4GiB",
                              .minimum = "1KiB",
                              .maximum = "1024TiB"})
      .list("accounts", azure_storage::account_schema(),
            {.help = "Storage accounts of Azure that subscriptions may send dead letters to, into blobs.",
             .maximum_items = 100,
             .fallback = "[]"})
      .boolean("http2", {.help = "Whether accounts of https:// that pick HTTP/2 are spoken to in it; HTTP/1.1 else.",
                         .fallback = true})
      .integer("waiting_letters", {.help = "Most dead letters that wait to be written. More are tried again later.",
                                   .fallback = 10'000,
                                   .minimum = 1,
                                   .maximum = 10'000'000})
      .bytes("waiting_bytes",
             {.help = "The same in bytes.", .fallback = "64MiB", .minimum = "1MiB", .maximum = "64GiB"});
}

Schema streams_schema() {
  return Schema{}
      .integer("per_shard",
               {.help = "Most streams of clients that are connected on one shard. More are refused. 0: none.",
                .fallback = 10'000,
                .minimum = 0,
                .maximum = 10'000'000})
      .integer(
          "per_subscription",
          {.help = "Most streams of one event subscription.", .fallback = 1000, .minimum = 1, .maximum = 1'000'000})
      .integer("events", {.help = "Most events that one stream has given out and its client has not settled. What the "
                                  "client may have at a time bounds them, too.",
                          .fallback = 500,
                          .minimum = 1,
                          .maximum = 65'535})
      .bytes("bytes", {.help = "The same in bytes; one event may always be out.",
                       .fallback = "1MiB",
                       .minimum = "1KiB",
                       .maximum = "1GiB"});
}

Schema delivery_schema() {
  return Schema{}
      .choice("deliveryMode", {"Queue", "Push"},
              {.help = "Queue: clients come and receive. Push: a handler delivers.", .fallback = "Queue"})
      .object("queue", queue_schema(), {.help = "How clients receive.", .fallback = "{}"})
      .object("push", with_life(PushSettings::schema()), {.help = "How a handler delivers; with Push."});
}

Schema api_events_schema() {
  return Schema{}
      .text("default_topic",
            {.help = "The topic of /api/events that no other way names. Default: none, and it has to be "
                     "named: /topics/{topic}/api/events.",
             .maximum_length = 50})
      .boolean("topic_by_host",
               {.help = "The first label of the host name that a client asks is the topic, where there "
                        "is one of that name: orders.events.example.com.",
                .fallback = false})
      .integer("events_per_request",
               {.help = "Most events of one request to it.", .fallback = 5000, .minimum = 1, .maximum = 100'000});
}

trellis::Error at(std::string_view place, const std::string& sentence) {
  return trellis::fail(std::string(place) + ": " + sentence);
}

// A number that Event Grid allows within other bounds than wide_ranges does.
trellis::Result<void> in_service_range(const Config& queue, std::string_view name, std::int64_t least,
                                       std::int64_t most, const Settings& settings) {
  const std::int64_t found = queue.integer(name);
  if (settings.wide || (found >= least && found <= most)) return trellis::ok();
  return at(queue.path() + "/" + std::string(name), "expected " + std::to_string(least) + " to " +
                                                        std::to_string(most) + ", found " + std::to_string(found) +
                                                        "; the plugin's setting wide_ranges allows more");
}

trellis::Result<std::optional<std::chrono::seconds>> read_life(const Config& queue, const Settings& settings) {
  constexpr std::string_view kName = "eventTimeToLive";
  if (!queue.contains(kName)) return std::optional<std::chrono::seconds>();
  const std::string text = queue.text(kName);
  const auto parsed = parse_iso_duration(text);
  const std::string place = queue.path() + "/" + std::string(kName);
  if (!parsed) return at(place, "expected an ISO 8601 duration as P1DT2H30M, found " + trellis::json::quote(text));
  const std::chrono::seconds least = settings.wide ? std::chrono::seconds(1) : std::chrono::minutes(1);
  if (*parsed < least || *parsed > std::chrono::days(7))
    return at(place, std::string("expected ") + (settings.wide ? "PT1S" : "PT1M") + " to P7D, found " + text);
  if (!settings.wide && *parsed % std::chrono::minutes(1) != std::chrono::seconds(0))
    return at(place, "expected whole minutes, found " + text);
  return std::optional(*parsed);
}

Schema push_schema() {
  return Schema{}
      .integer("failures", {.help = "Failures in a row after which a destination is left alone for a while: 10 s where "
                                    "it was busy or silent, 30 s where nobody answered, 5 minutes where it is not "
                                    "there or refuses everything.",
                            .fallback = 10,
                            .minimum = 1,
                            .maximum = 1000})
      .integer("jitter_percent", {.help = "By how much a wait before the next attempt may be longer, at random.",
                                  .fallback = 10,
                                  .minimum = 0,
                                  .maximum = 100})
      .choice("retry_profile", {"durable", "service"},
              {.help = "retryProfile of subscriptions that say nothing of it. service: as Event Grid's namespaces, "
                       "with their gaps: where nobody answers in time, a connection breaks, or a webhook answers 404, "
                       "the event is given up at once, and is no dead letter unless a place for them is named.",
               .fallback = "durable"})
      .text("callback_url",
            {.help = "The URL at which destinations reach this plugin, which a listener's services map. "
                     "They are sent URLs below it, ending in consent/<token>, by which they or those "
                     "who run them may consent later. Default: there are none.",
             .maximum_length = 1024,
             .pattern = "^https?://[^?# ]+$"});
}

}  // namespace

Schema filters_schema() {
  return Schema{}
      .property("includedEventTypes",
                R"({"type":["array","null"],"items":{"type":"string"},"description":"Types of events, whatever the )"
                R"(case of their letters. Missing, null or empty: all."})")
      .property(
          "filters",
          R"({"type":["array","null"],"items":{"type":"object","additionalProperties":true},"description":"Filters that all have )"
          R"(to pass: {operatorType, key, value or values}."})")
      .property(
          "cloudEventFilters",
          R"({"type":["array","null"],"items":{"type":"object","additionalProperties":true},"description":"Filters of the )"
          R"(CloudEvents Subscriptions API that all have to pass, as {sql: expression}; also exact, prefix, suffix, all, any and not."})");
}

Schema Settings::schema() {
  return Schema{}
      .boolean("wide_ranges",
               {.help = "Allows more than Event Grid does: locks of 1 s to a day, 65,000 deliveries, 10,000 events in "
                        "one receive, waits of 0 s to an hour, any release delay up to a week.",
                .fallback = false})
      .bytes("request_bytes",
             {.help = "Longest request, and batch.", .fallback = "1MiB", .minimum = "1KiB", .maximum = "64MiB"})
      .bytes("event_bytes", {.help = "Longest event.", .fallback = "1MiB", .minimum = "1KiB", .maximum = "64MiB"})
      .integer("events_per_request",
               {.help = "Most events of one batch.", .fallback = 1000, .minimum = 1, .maximum = 100'000})
      .integer("too_large_status",
               {.help = "What is answered to a request that is too large: 403 as Event Grid, or 413, which proxies "
                        "and some clients understand better.",
                .fallback = 403,
                .minimum = 403,
                .maximum = 413})
      .boolean("text_as_text",
               {.help = "An event that came in binary mode with a content type text/* is given out with its text in "
                        "data, and not in data_base64.",
                .fallback = false})
      .integer("topics", {.help = "Most topics of a namespace.", .fallback = 4000, .minimum = 1, .maximum = 100'000})
      .integer("subscriptions_per_topic",
               {.help = "Most event subscriptions of one topic.", .fallback = 500, .minimum = 1, .maximum = 10'000})
      .integer("routes", {.help = "Most routes of a namespace: of MQTT messages to topics.",
                          .fallback = 100,
                          .minimum = 1,
                          .maximum = 10'000})
      .choice("route_overflow", {"reject_publisher", "drop_newest"},
              {.help = "What becomes of an MQTT message for a route whose queue is full: its publisher is refused, "
                       "with 0x97, or it is no event. Holds for routes that are made from now on.",
               .fallback = "reject_publisher"})
      .integer(
          "filters",
          {.help = "Most filters of one event subscription: of filters, and of cloudEventFilters with those inside of "
                   "others.",
           .fallback = 25,
           .minimum = 1,
           .maximum = 1000})
      .integer("filter_values", {.help = "Most values of all filters of one event subscription.",
                                 .fallback = 25,
                                 .minimum = 1,
                                 .maximum = 10'000})
      .integer("locked_events",
               {.help = "Most events of one subscription that are locked or released with a delay at a time. Beyond "
                        "them nothing is received until some are settled.",
                .fallback = 100'000,
                .minimum = 1,
                .maximum = 10'000'000})
      .bytes("locked_bytes", {.help = "The same in bytes; one event may always be locked.",
                              .fallback = "256MiB",
                              .minimum = "1MiB",
                              .maximum = "64GiB"})
      .integer("queued_events",
               {.help = "Most events that wait in one subscription. A publish that would exceed it is refused, with "
                        "403 and QuotaExceeded.",
                .fallback = 100'000'000,
                .minimum = 1,
                .maximum = 4'000'000'000})
      .bytes("queued_bytes",
             {.help = "The same in bytes.", .fallback = "1TiB", .minimum = "1MiB", .maximum = "1024TiB"})
      .integer("waiting_receives",
               {.help = "Most receive requests that wait for events on one shard. More are answered 429.",
                .fallback = 100'000,
                .minimum = 1,
                .maximum = 10'000'000})
      .object("streams", streams_schema(), {.help = "Clients that are sent events as they come.", .fallback = "{}"})
      .object("dead_letters", dead_letters_schema(), {.help = "Dead letters in files and in blobs.", .fallback = "{}"})
      .object("push", push_schema(), {.help = "Delivery by handlers.", .fallback = "{}"})
      .object("api_events", api_events_schema(),
              {.help = "POST /api/events, as custom topics of Event Grid's basic tier have it.", .fallback = "{}"})
      .object("audit", AuditSettings::schema(),
              {.help = "Logs who asked, with what and how often: {} turns it on. Default: it is off."})
      .object("access", Access::schema(), {.help = "Who may do what.", .fallback = "{}"})
      .example("{}")
      .example(R"({"access": {"anonymous": true}})")
      .example(R"({"dead_letters": {"path": "/var/lib/trellis/dead-letters"}})");
}

Settings Settings::read(const Config& config) {
  const auto size = [&](std::string_view name) { return static_cast<std::size_t>(config.integer(name)); };
  const auto number = [&](std::string_view name) { return static_cast<std::uint32_t>(config.integer(name)); };
  Settings settings;
  settings.wide = config.boolean("wide_ranges");
  settings.intake.request_bytes = size("request_bytes");
  settings.intake.event_bytes = size("event_bytes");
  settings.intake.events = size("events_per_request");
  settings.intake.too_large_status = number("too_large_status");
  settings.intake.text_as_text = config.boolean("text_as_text");
  settings.settle.body_bytes = settings.intake.request_bytes;
  settings.settle.tokens = std::max<std::size_t>(settings.settle.tokens, settings.wide ? kWideMostEvents : 0);
  settings.filters.filters = size("filters");
  settings.filters.values = size("filter_values");
  settings.filters.event_bytes = settings.intake.event_bytes;
  settings.topics = number("topics");
  settings.subscriptions = number("subscriptions_per_topic");
  settings.routes = number("routes");
  settings.routes_refuse = config.text("route_overflow") == "reject_publisher";
  settings.locks = number("locked_events");
  settings.lock_bytes = size("locked_bytes");
  settings.queue_events = size("queued_events");
  settings.queue_bytes = size("queued_bytes");
  settings.waiting = number("waiting_receives");
  const Config push = config.object("push");
  settings.push_failures = static_cast<std::uint32_t>(push.integer("failures"));
  settings.push_jitter = static_cast<std::uint32_t>(push.integer("jitter_percent"));
  settings.push_callback = push.text("callback_url", "");
  settings.retry_profile = PushSettings::profile_of(push.text("retry_profile"));
  const Config streams = config.object("streams");
  settings.streams = static_cast<std::uint32_t>(streams.integer("per_shard"));
  settings.subscription_streams = static_cast<std::uint32_t>(streams.integer("per_subscription"));
  settings.stream_events = static_cast<std::uint32_t>(streams.integer("events"));
  settings.stream_bytes = static_cast<std::size_t>(streams.integer("bytes"));
  const Config letters = config.object("dead_letters");
  settings.own_letter_folder = letters.contains("path");
  settings.dead_letter_path = letters.text("path", "dead-letters");
  settings.letters_by_default = letters.boolean("by_default");
  settings.letter_folder_bytes = static_cast<std::uint64_t>(letters.integer("folder_bytes"));
  settings.dead_letter_http2 = letters.boolean("http2");
  settings.waiting_letters = static_cast<std::size_t>(letters.integer("waiting_letters"));
  settings.waiting_letter_bytes = static_cast<std::size_t>(letters.integer("waiting_bytes"));
  const Config basic = config.object("api_events");
  settings.default_topic = basic.text("default_topic", "");
  settings.topic_by_host = basic.boolean("topic_by_host");
  settings.basic_events = static_cast<std::size_t>(basic.integer("events_per_request"));
  if (const auto audit = config.find("audit")) settings.audit = AuditSettings::read(*audit);
  if (settings.wide) {
    settings.route.most_events = kWideMostEvents;
    settings.route.least_wait_s = 0;
    settings.route.most_wait_s = kWideMostWaitS;
    settings.route.any_release_delay = true;
    settings.route.most_release_delay_s = kWideMostDelayS;
  }
  return settings;
}

trellis::ResourceTypeRules TopicSettings::type(const Settings& settings) {
  return {
      .name = "topics",
      .schema = with_input_schema(
                    Schema{}.choice("publisherType", {"Custom"}, {.help = "Who publishes.", .fallback = "Custom"}))
                    .integer("eventRetentionInDays",
                             {.help = "How long events are kept for those who have not received them.",
                              .fallback = 1,
                              .minimum = 1,
                              .maximum = 7})
                    .choice("durability", {"volatile", "written", "synced"},
                            {.help = "What a publisher waits for: nothing, that the operating system has its "
                                     "events, or that the medium has. Default: as the namespace says."})
                    .choice("mqtt", {"off", "binary", "structured"},
                            {.help = "Whether MQTT clients get the topic's events, as events/<topic>/<subject>, and "
                                     "in which mode of CloudEvents. Clients of MQTT 3.1.1 do not see the attributes "
                                     "of binary ones.",
                             .fallback = "off"})
                    .text("description", {.help = "For people."})
                    .json(),
      .shortest_name = 3,
      .longest_name = 50,
      .most = settings.topics};
}

trellis::Result<TopicSettings> TopicSettings::read(const Config& properties) {
  TopicSettings topic;
  topic.retention = std::chrono::days(properties.integer("eventRetentionInDays"));
  const std::string durability = properties.text("durability", "");
  if (durability == "volatile") topic.durability = TRELLIS_DURABILITY_VOLATILE;
  if (durability == "written") topic.durability = TRELLIS_DURABILITY_WRITTEN;
  if (durability == "synced") topic.durability = TRELLIS_DURABILITY_SYNCED;
  const std::string mqtt = properties.text("mqtt");
  topic.mqtt = mqtt == "binary" ? MqttMode::binary : mqtt == "structured" ? MqttMode::structured : MqttMode::off;
  auto schema = read_input_schema(properties);
  if (!schema) return schema.error();
  topic.schema = std::move(schema).value();
  return topic;
}

trellis::ResourceTypeRules SubscriptionSettings::type(const Settings& settings) {
  return {.name = "eventSubscriptions",
          .schema = Schema{}
                        .choice("eventDeliverySchema", {"CloudEventSchemaV1_0"},
                                {.help = "What is delivered.", .fallback = "CloudEventSchemaV1_0"})
                        .object("deliveryConfiguration", delivery_schema(),
                                {.help = "How events are delivered.", .fallback = "{}"})
                        .object("filtersConfiguration", filters_schema(), {.help = "Which events.", .fallback = "{}"})
                        .object("predicate", Predicate::schema(),
                                {.help = "Which of these a plugin lets through. It sees each as a message of that "
                                         "topic whose payload is the event, in structured mode."})
                        .text("expirationTimeUtc",
                              {.help = "When the subscription is removed, as RFC 3339: 2030-01-02T03:04:05Z."})
                        .text("description", {.help = "For people."})
                        .json(),
          .shortest_name = 3,
          .longest_name = 50,
          .most = settings.topics * settings.subscriptions,
          .parent = "topics"};
}

bool Settings::keeps_letters_of(const std::optional<PushSettings>& push) const noexcept {
  return letters_by_default && (own_letter_folder || (push && push->profile == RetryProfile::durable));
}

trellis::Result<SubscriptionSettings> SubscriptionSettings::read(const Config& properties, const Settings& settings) {
  SubscriptionSettings subscription;
  const Config delivery = properties.object("deliveryConfiguration");
  const bool pushes = delivery.text("deliveryMode") == "Push";
  if (pushes && !delivery.contains("push"))
    return at(delivery.path() + "/push", "is missing; \"Push\" needs its destination");
  const Config queue = delivery.object(pushes ? "push" : "queue");
  const bool basic = pushes && queue.text("retrySchedule") == "basic";
  auto status = in_service_range(queue, "maxDeliveryCount", 1, basic ? 30 : 10, settings);
  if (status && !pushes) status = in_service_range(queue, "receiveLockDurationInSeconds", 60, 300, settings);
  if (!status) return status.error();
  if (pushes) {
    auto push = PushSettings::read(queue, settings.retry_profile);
    if (!push) return push.error();
    subscription.push = std::move(push).value();
  } else {
    subscription.lock = std::chrono::seconds(queue.integer("receiveLockDurationInSeconds"));
  }
  subscription.deliveries = static_cast<std::uint16_t>(queue.integer("maxDeliveryCount"));
  auto live = read_life(queue, settings);
  if (!live) return live.error();
  subscription.time_to_live = *live;
  auto letters = Destination::read(queue, [&](const std::string& name) {
    return settings.any_letter_account || azure_storage::find_account(settings.letter_accounts, name) != nullptr;
  });
  if (!letters) return letters.error();
  if (!letters.value() && settings.keeps_letters_of(subscription.push))
    letters = std::optional(Destination{.kind = Destination::Kind::file});
  subscription.dead_letters = std::move(letters).value();
  if (const std::string text = properties.text("expirationTimeUtc", ""); !text.empty()) {
    const auto at_ms = common::parse_utc_ms(text);
    if (!at_ms)
      return at("/expirationTimeUtc", "expected a time as 2030-01-02T03:04:05Z, found " + trellis::json::quote(text));
    subscription.expires = std::chrono::milliseconds(*at_ms);
  }
  auto filter = cloud_event::Filter::compile(properties.object("filtersConfiguration"), settings.filters);
  if (!filter) return filter.error();
  subscription.filter = std::make_shared<const cloud_event::Filter>(std::move(filter).value());
  subscription.predicate = Predicate::read(properties);
  return subscription;
}

std::pair<std::string_view, std::string_view> split_name(std::string_view name) noexcept {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return {};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

}  // namespace events_service
