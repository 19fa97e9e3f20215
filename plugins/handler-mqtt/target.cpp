#include "target.hpp"

#include <algorithm>
#include <utility>

#include "common/checked_block/checked_block.hpp"
#include "common/mqtt/text.hpp"
#include "packets.hpp"
#include "speaker.hpp"

namespace mqtt_out {
namespace {

using common::Verdict;
using event_template::OpenedEvent;
using trellis::Cause;
using trellis::Config;
using trellis::fail;
using trellis::Result;
using trellis::Schema;
using trellis::mqtt::Version;

/// What would make a wildcard of a topic, and what no name may hold.
char replaced(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f || c == '+' || c == '#' ? '_' : c;
}

Result<event_template::EventTemplate> read_topic(const Config& properties) {
  const std::string text = properties.text("topic");
  auto topic = event_template::EventTemplate::parse(text);
  if (!topic) return fail("/properties/topic: " + topic.error().text);
  if (trellis::mqtt::check_topic_name(text) != trellis::mqtt::TopicFault::none) {
    return fail("/properties/topic: found " + trellis::json::quote(text) + ", expected a topic name without wildcards");
  }
  return topic;
}

}  // namespace

Schema target_schema() {
  return peer_link::destination_schema(
      "Mqtt",
      peer_link::with_peer(Schema{}, 1883)
          .choice("version", {"5", "3.1.1"}, {.help = "The version of MQTT that is spoken.", .fallback = "5"})
          .text("clientId", {.help = "The client identifier. Default: another one of chance for each connection.",
                             .fallback = "",
                             .maximum_length = 1024})
          .text("user", {.help = "The user name.", .fallback = "", .maximum_length = 1024})
          .secret("password", {.help = "How the broker proves that it is that user.", .fallback = ""})
          .duration("keepAlive", {.help = "How often the two show each other that they are there: after half of it "
                                          "the broker asks.",
                                  .fallback = "60s",
                                  .minimum = "2s",
                                  .maximum = "12h"})
          .text("topic", {.help = "Where events are published. {type}, {subject} or any attribute in braces stands for "
                                  "what the event says there, {subject|none} for none where it says nothing.",
                          .required = true,
                          .minimum_length = 1,
                          .maximum_length = event_template::EventTemplate::kMostBytes})
          .integer("qos", {.help = "The quality of service: 1 and 2 are confirmed one by one. 0 counts as delivered "
                                   "once the peer answers a PINGREQ behind it.",
                           .fallback = 1,
                           .minimum = 0,
                           .maximum = 2})
          .boolean("retain", {.help = "Whether the peer retains the last event of each topic.", .fallback = false})
          .choice("mode", {"structured", "binary"},
                  {.help = "How an event lies in a message. structured: the payload is the CloudEvent in JSON. binary: "
                           "attributes are user properties, the payload is the data; with version 5 only.",
                   .fallback = "structured"}));
}

Result<std::shared_ptr<const Target>> read_target(const Config& block, const peer_link::PluginSettings& settings) {
  static const common::BlockSchema schema(target_schema());
  const auto checked = schema.check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  auto peer = peer_link::read_peer(properties, settings, "mqtt");
  if (!peer) return peer.error();
  auto topic = read_topic(properties);
  if (!topic) return topic.error();
  auto target = std::make_shared<Target>();
  target->peer = std::move(*peer);
  target->topic = std::move(*topic);
  target->version = properties.text("version") == "5" ? Version::v5 : Version::v311;
  target->binary = properties.text("mode") == "binary";
  if (target->binary && target->version != Version::v5) {
    return fail("/properties/mode: found \"binary\", expected \"structured\"; MQTT 3.1.1 has no user properties");
  }
  target->client_id = properties.text("clientId");
  target->user = properties.text("user");
  target->password = properties.text("password");
  if (target->user.empty() && !target->password.empty()) {
    return fail("/properties/user: is missing; a password needs one");
  }
  if (target->password.size() > trellis::mqtt::kMaxTextBytes) return fail("/properties/password: is too long for MQTT");
  const auto keep_alive = properties.milliseconds("keepAlive");
  target->peer.keep_alive = keep_alive / 2;
  // Nothing is asked while an answer is due, so the peer must have at least that patience.
  const auto announced =
      std::chrono::ceil<std::chrono::seconds>(std::max(keep_alive, settings.timeout + keep_alive / 2));
  target->keep_alive = static_cast<std::uint16_t>(std::min<std::int64_t>(announced.count(), 65'535));
  target->qos = static_cast<unsigned>(properties.integer("qos"));
  target->retain = properties.boolean("retain");
  return std::shared_ptr<const Target>(std::move(target));
}

std::optional<Verdict> Target::compose(trellis::Message message, peer_link::Piece& piece) const {
  OpenedEvent& event = OpenedEvent::here();
  if (!event.open(message)) return Verdict::refused(Cause::bad_request, "the message is no CloudEvent in JSON");
  const auto to = topic.fill(event, replaced);
  if (!to) return Verdict::refused(Cause::bad_request, to.error().text);
  // The peer's own topics are for whoever names them in the configuration, not for attributes.
  if (trellis::mqtt::check_topic_name(*to) != trellis::mqtt::TopicFault::none ||
      (to->starts_with('$') && !topic.front().starts_with('$'))) {
    return Verdict::refused(Cause::bad_request, "the event's attributes make " + trellis::json::quote(*to) +
                                                    ", which is no topic that events may be published to");
  }
  Publish publish{version, qos, retain, *to, {}, {}, event.json()};
  if (binary) {
    publish.payload = event.data();
    publish.content_type = event.content_type().value_or("");
    for (const auto& [name, value] : event.attributes()) publish.user_properties.emplace_back(name, value);
  } else if (version == Version::v5) {
    publish.content_type = "application/cloudevents+json; charset=utf-8";
  }
  piece.mark = append_publish(piece.bytes, publish);
  if (piece.mark == std::string::npos) return Verdict::refused(Cause::too_large, "the event is too large for MQTT");
  return std::nullopt;
}

std::unique_ptr<peer_link::Speaker> Target::speaker(peer_link::Link& link) const {
  return std::make_unique<MqttSpeaker>(link, *this);
}

}  // namespace mqtt_out
