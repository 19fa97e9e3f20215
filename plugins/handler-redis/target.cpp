#include "target.hpp"

#include <utility>

#include "common/checked_block/checked_block.hpp"
#include "replies.hpp"
#include "speaker.hpp"

namespace redis {
namespace {

using common::Verdict;
using event_template::OpenedEvent;
using trellis::Cause;
using trellis::Config;
using trellis::Schema;

}  // namespace

Schema target_schema() {
  return peer_link::destination_schema(
      "Redis",
      peer_link::with_peer(Schema{}, 6379)
          .text("user", {.help = "The user of Redis 6 and later; without one the password is that of the default user.",
                         .fallback = "",
                         .maximum_length = 1024})
          .secret("password", {.help = "How the broker proves itself.", .fallback = ""})
          .integer("database", {.help = "The number of the database.", .fallback = 0, .minimum = 0, .maximum = 65'535})
          .text("stream", {.help = "The key of the stream. {type}, {subject} or any attribute in braces stands for "
                                   "what the event says there, {subject|none} for none where it says nothing.",
                           .required = true,
                           .minimum_length = 1,
                           .maximum_length = event_template::EventTemplate::kMostBytes})
          .integer("maxLength", {.help = "About how many entries a stream keeps: Redis removes the oldest when it is "
                                         "cheap to do so. 0: all of them.",
                                 .fallback = 0,
                                 .minimum = 0})
          .choice("mode", {"structured", "binary"},
                  {.help = "What an entry holds. structured: the field event, which is the CloudEvent in JSON. binary: "
                           "a field for each attribute, and data.",
                   .fallback = "structured"}));
}

trellis::Result<std::shared_ptr<const Target>> read_target(const Config& block,
                                                           const peer_link::PluginSettings& settings) {
  static const common::BlockSchema schema(target_schema());
  const auto checked = schema.check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  auto peer = peer_link::read_peer(properties, settings, "redis");
  if (!peer) return peer.error();
  auto stream = event_template::EventTemplate::parse(properties.text("stream"));
  if (!stream) return trellis::fail("/properties/stream: " + stream.error().text);
  auto target = std::make_shared<Target>();
  target->peer = std::move(*peer);
  target->stream = std::move(*stream);
  target->user = properties.text("user");
  target->password = properties.text("password");
  if (!target->user.empty() && target->password.empty()) {
    return trellis::fail("/properties/password: is missing; the user " + trellis::json::quote(target->user) +
                         " needs one");
  }
  target->database = properties.integer("database");
  if (const auto most = properties.integer("maxLength"); most > 0) target->most_entries = std::to_string(most);
  target->binary = properties.text("mode") == "binary";
  return std::shared_ptr<const Target>(std::move(target));
}

std::optional<Verdict> Target::compose(trellis::Message message, peer_link::Piece& piece) const {
  OpenedEvent& event = OpenedEvent::here();
  if (!event.open(message)) return Verdict::refused(Cause::bad_request, "the message is no CloudEvent in JSON");
  const auto key = stream.fill(event, [](char c) { return c; });
  if (!key) return Verdict::refused(Cause::bad_request, key.error().text);
  std::vector<std::string_view> words = {"XADD", *key};
  if (!most_entries.empty()) words.insert(words.end(), {"MAXLEN", "~", most_entries});
  words.emplace_back("*");
  if (binary) {
    for (const auto& [name, value] : event.attributes()) words.insert(words.end(), {name, value});
    if (event.content_type()) words.insert(words.end(), {"datacontenttype", *event.content_type()});
    words.insert(words.end(), {"data", event.data()});
  } else {
    words.insert(words.end(), {"event", event.json()});
  }
  piece.bytes = command(words);
  return std::nullopt;
}

std::unique_ptr<peer_link::Speaker> Target::speaker(peer_link::Link& link) const {
  return std::make_unique<RedisSpeaker>(link, *this);
}

}  // namespace redis
