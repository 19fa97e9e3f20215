/// The manual of the block a namespace carries for this plugin.
///
/// Where the two profiles differ the schema names no default: a default would arrive here as if the user had written
/// it. The text says both values instead; limits.cpp applies them.
#include <span>
#include <string>
#include <string_view>

#include "limits.hpp"

namespace trellis::mqtt {
namespace {

Schema sizes(Schema&& schema) {
  return std::move(schema)
      .bytes("packet_bytes", {.help = "Largest packet a client may send, announced as Maximum Packet Size. Default "
                                      "1MiB; event-grid: 512KiB.",
                              .minimum = "1KiB",
                              .maximum = "268435460B"})
      .bytes("connect_packet_bytes", {.help = "Largest CONNECT packet: what somebody unknown may make the broker hold. "
                                              "Default 64KiB; 384KiB take the longest texts MQTT allows.",
                                      .minimum = "1KiB",
                                      .maximum = "268435460B"})
      .bytes("payload_bytes", {.help = "Largest payload of a message. Default: only packet_bytes limits it.",
                               .minimum = "1B",
                               .maximum = "268435460B"})
      .bytes("retained_message_bytes", {.help = "Largest payload of a retained message; larger ones are refused with "
                                                "0x97. Default: only packet_bytes limits it; event-grid: 64KiB.",
                                        .minimum = "1B",
                                        .maximum = "268435460B"})
      .bytes("topic_bytes", {.help = "Longest topic name and topic filter. Default 65535B; event-grid: 256B.",
                             .minimum = "1B",
                             .maximum = "65535B"})
      .integer("topic_levels",
               {.help = "Most levels of a topic name and topic filter. Default 256, the most the broker "
                        "takes; event-grid: 15.",
                .minimum = 1,
                .maximum = kMostTopicLevels})
      .bytes("user_property_bytes",
             {.help = "Names and values of all user properties of one message together. Default: "
                      "only packet_bytes limits them; event-grid: 32KiB.",
              .maximum = "268435460B"})
      .bytes("property_bytes", {.help = "Longest content type, response topic and correlation data. Default 65535B; "
                                        "event-grid: 256B.",
                                .maximum = "65535B"})
      .bytes("authentication_bytes",
             {.help = "Longest authentication data. Default 65535B; event-grid: 8KiB.", .maximum = "65535B"})
      .bytes("client_id_bytes", {.help = "Longest client identifier. Default 65535B; event-grid: 128B.",
                                 .minimum = "1B",
                                 .maximum = "65535B"});
}

Schema flow(Schema&& schema) {
  return std::move(schema)
      .integer("maximum_qos",
               {.help = "Highest QoS clients may publish with and are granted. Default 2; event-grid: 1.",
                .minimum = 0,
                .maximum = 2})
      .integer("inflight_messages", {.help = "Most QoS 1 and 2 messages sent to a client that it has not acknowledged; "
                                             "a smaller Receive Maximum of the client wins. Default 1000; event-grid: "
                                             "100.",
                                     .minimum = 1,
                                     .maximum = 65'535})
      .bytes("inflight_bytes", {.help = "Topics and payloads of those messages together; a larger message is sent "
                                        "when nothing else is under way. Default 0B, which is no limit; event-grid: "
                                        "64KiB."})
      .integer("receive_maximum", {.help = "Most QoS 1 and 2 messages a client may send before they are acknowledged, "
                                           "announced as Receive Maximum. Default 1000.",
                                   .minimum = 1,
                                   .maximum = 65'535})
      .integer("topic_aliases", {.help = "Topic aliases a client may use, announced as Topic Alias Maximum. Default "
                                         "100; event-grid: 10.",
                                 .minimum = 0,
                                 .maximum = 65'535})
      .integer("outgoing_topic_aliases", {.help = "Most topic aliases used towards a client that allows them. Default "
                                                  "100; event-grid: 0.",
                                          .minimum = 0,
                                          .maximum = 65'535})
      .integer("queue_messages",
               {.help = "Messages that may wait for a session; those sent and not acknowledged yet are "
                        "bounded by inflight_messages instead. Default 20000; event-grid: 100.",
                .minimum = 1,
                .maximum = 4'294'967'295})
      .bytes("queue_bytes",
             {.help = "Topics and payloads of messages waiting or unacknowledged. Default 64MiB; event-grid: 1MB.",
              .minimum = "1KiB"})
      .choice("queue_overflow", {"terminate_session", "drop_oldest", "drop_newest", "reject_publisher"},
              {.help = "What happens when a session's queue is full: the session ends, the oldest waiting message or "
                       "the arriving one is dropped, or the publisher is refused with reason 0x97. Default "
                       "drop_oldest; event-grid: terminate_session."})
      .boolean("queue_qos0", {.help = "Whether QoS 0 messages wait for clients that are away. Default false."})
      .integer("subscriptions", {.help = "Most subscriptions of a session. Default 1000000; event-grid: 50.",
                                 .minimum = 1,
                                 .maximum = 4'294'967'295})
      .integer("queue_subscriptions", {.help = "Most $queue/… subscriptions of a session, by which it takes events of "
                                               "event subscriptions. 0: none. Default 32.",
                                       .minimum = 0,
                                       .maximum = 10'000})
      .integer("subscribe_filters", {.help = "Most topic filters of one SUBSCRIBE packet; those above are refused with "
                                             "0x97. Default 65535; event-grid: 10.",
                                     .minimum = 1,
                                     .maximum = 65'535});
}

/// How many of something there may be; 0 is no limit.
struct Limit {
  std::string_view name;
  std::string_view help;
  std::uint32_t event_grid;  // as that profile has it
};

constexpr Limit kTotals[] = {
    {"session_shared_subscriptions", "Most shared subscriptions of a session, counted among its subscriptions too.",
     10},
    {"shared_group_subscriptions",
     "Most subscriptions under one name of a group, of all sessions and filters together.", 100},
    {"namespace_shared_groups", "Most names of groups in the namespace.", 100},
    {"namespace_subscriptions", "Most subscriptions in the namespace.", 1000000},
    {"namespace_sessions", "Most sessions in the namespace, connected or not; further clients are refused with 0x97.",
     10000},
    {"sessions_of_name",
     "Most sessions of clients that authenticate under one name, connected or not, where no authorizer says how many; "
     "further ones are refused with 0x97.",
     1},
};

constexpr Limit kRates[] = {
    {"publishes_per_second", "Messages a client may publish. Beyond it is not read until they are paid for.", 1000},
    {"publish_bytes_per_second", "The same in bytes of its packets.", 1000000},
    {"deliveries_per_second", "Messages sent to a client; others wait in its queue.", 100},
    {"delivery_bytes_per_second", "The same in bytes of the packets.", 1000000},
    {"subscribes_per_second",
     "SUBSCRIBE and UNSUBSCRIBE packets of a client. Beyond SUBSCRIBE is refused with 0x97, and after UNSUBSCRIBE the "
     "client is not read for a while.",
     5},
    {"connects_per_second", "How often a client identifier may connect; beyond it is refused with 0x9F.", 1},
    {"namespace_publishes_per_second", "publishes_per_second of all clients of the namespace together.", 1000},
    {"namespace_publish_bytes_per_second", "publish_bytes_per_second of all together.", 1000000},
    {"namespace_deliveries_per_second", "deliveries_per_second of all together.", 1000},
    {"namespace_delivery_bytes_per_second", "delivery_bytes_per_second of all together.", 1000000},
    {"namespace_subscribes_per_second", "subscribes_per_second of all together.", 200},
    {"namespace_connects_per_second", "CONNECT packets of all together, whoever sends them.", 200},
};

Schema limits(Schema&& schema, std::span<const Limit> all) {
  for (const Limit& one : all) {
    const std::string help =
        std::string(one.help) + " Default 0, which is no limit; event-grid: " + std::to_string(one.event_grid) + ".";
    std::move(schema).integer(one.name, {.help = help, .minimum = 0, .maximum = 4'294'967'295});
  }
  return std::move(schema);
}

Schema totals(Schema&& schema) { return limits(std::move(schema), kTotals); }

Schema rates(Schema&& schema) {
  return limits(std::move(schema), kRates)
      .duration("rate_patience", {.help = "How long a client may publish above its own rates without a pause, being "
                                          "slowed down, before it is disconnected with 0x96. Default 0s, which is for "
                                          "ever; event-grid: 1m.",
                                  .maximum = "1d"});
}

Schema time(Schema&& schema) {
  return std::move(schema)
      .duration("connect_timeout",
                {.help = "Time from the connection's arrival to its accepted CONNECT, authentication "
                         "included. Default 10s.",
                 .minimum = "100ms",
                 .maximum = "10m"})
      .seconds("keep_alive", {.help = "Longest keep alive. Clients that want longer or none get this one, MQTT 5 "
                                      "clients as Server Keep Alive. Default 65535s, which is no limit; event-grid: "
                                      "1160s.",
                              .minimum = "1s",
                              .maximum = "65535s"})
      .seconds("session_expiry", {.help = "Longest time a session outlives its connection; 4294967295s is for ever. "
                                          "Default 4294967295s; event-grid: 1h.",
                                  .minimum = "0s",
                                  .maximum = "4294967295s"})
      .seconds("mqtt3_session_expiry", {.help = "The same for clients of MQTT 3 that connect without clean session. "
                                                "Default: session_expiry.",
                                        .minimum = "0s",
                                        .maximum = "4294967295s"});
}

Schema switches(Schema&& schema) {
  return std::move(schema)
      .list_of("versions", R"({"type":"integer","enum":[3,4,5]})",
               {.help = "Protocol levels accepted: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. Default [3,4,5].",
                .minimum_items = 1,
                .unique = true})
      .boolean("retained", {.help = "Whether clients may publish retained messages. Default true."})
      .boolean("wildcard_subscriptions", {.help = "Whether filters may contain + and #. Default true."})
      .boolean("shared_subscriptions", {.help = "Whether $share/group/filter is offered. Default true."})
      .boolean("mqtt3_shared_subscriptions",
               {.help = "The same for clients of MQTT 3, which are disconnected for trying "
                        "otherwise. Default true; event-grid: false."})
      .boolean("subscription_identifiers", {.help = "Whether subscriptions may carry identifiers. Default true."})
      .boolean("empty_client_ids", {.help = "Whether clients may leave the choice of their identifier to the broker. "
                                            "Default true."})
      .text("client_id_prefix", {.help = "What assigned client identifiers begin with. Default auto-.",
                                 .maximum_length = 64,
                                 .pattern = "^[0-9A-Za-z_.-]*$"})
      .text("response_information",
            {.help = "Prefix of the Response Information for clients that ask for it; the client "
                     "identifier follows. Empty, the default: none is given.",
             .maximum_length = 1024})
      .boolean("control_user_properties", {.help = "Whether packets other than PUBLISH may carry user properties; "
                                                   "otherwise they are refused with 0x83. Default true; event-grid: "
                                                   "false."})
      .boolean("payload_format_checked",
               {.help = "Whether payloads marked as UTF-8 are checked to be it. Default true."})
      .choice("zero_message_expiry", {"immediate", "never"},
              {.help = "What Message Expiry Interval 0 means: gone unless delivered at once, as MQTT 5 says, or no "
                       "expiry. Default immediate; event-grid: never."})
      .choice(
          "refused_delivery", {"complete", "disconnect"},
          {.help = "What a client's PUBACK or PUBREC with a failure means: the delivery is over, as MQTT 5 says, or "
                   "the connection ends. Default complete; event-grid: disconnect."});
}

}  // namespace

Schema Limits::schema() {
  Schema schema = Schema{}.choice(
      "profile", {"default", "event-grid"},
      {.help =
           "Where the values come from that are not set here: default offers all of MQTT, event-grid has the limits "
           "of Azure Event Grid.",
       .fallback = "default"});
  return switches(time(rates(totals(flow(sizes(std::move(schema)))))))
      .example(R"({"packet_bytes": "4MiB", "queue_messages": 50000, "queue_overflow": "reject_publisher"})")
      .example(R"({"profile": "event-grid", "maximum_qos": 2})");
}

}  // namespace trellis::mqtt
