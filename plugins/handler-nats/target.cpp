#include "target.hpp"

#include <utility>

#include "common/checked_block/checked_block.hpp"
#include "common/events/parts.hpp"
#include "speaker.hpp"

namespace nats {
namespace {

using common::Verdict;
using event_template::OpenedEvent;
using trellis::Cause;
using trellis::Config;
using trellis::fail;
using trellis::Result;
using trellis::Schema;

/// What a name cannot hold, and what would make a wildcard of it.
char replaced(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f || c == '*' || c == '>' ? '_' : c;
}

/// Names between dots, none of them empty.
bool is_subject(std::string_view text) {
  for (const char c : text) {
    if (replaced(c) != c) return false;
  }
  return !text.empty() && !text.starts_with('.') && !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

Result<void> read_identity(const Config& properties, Target& target) {
  const std::string at = properties.path();
  target.user = properties.text("user");
  target.password = properties.text("password");
  target.token = properties.text("token");
  target.jwt = properties.text("jwt");
  const std::string seed = properties.text("nkeySeed");
  const int ways = (target.user.empty() ? 0 : 1) + (target.token.empty() ? 0 : 1) + (seed.empty() ? 0 : 1);
  if (ways > 1) return fail(at + ": of user, token and nkeySeed there can be one");
  if (target.user.empty() != target.password.empty()) return fail(at + ": of user and password there is one only");
  if (!target.jwt.empty() && seed.empty()) return fail(at + "/nkeySeed: is missing, which jwt needs to be proved");
  if (seed.empty()) return trellis::ok();
  auto key = UserKey::of_seed(seed);
  if (!key) return fail(at + "/nkeySeed: " + key.error().text);
  target.key = std::move(*key);
  return trellis::ok();
}

Result<event_template::EventTemplate> read_subject(const Config& properties) {
  const std::string text = properties.text("subject");
  auto subject = event_template::EventTemplate::parse(text);
  if (!subject) return fail(properties.path() + "/subject: " + subject.error().text);
  for (const char c : text) {
    if (replaced(c) != c) {
      return fail(properties.path() + "/subject: found " + trellis::json::quote(std::string(1, c)) +
                  ", expected names between dots, without blanks and wildcards");
    }
  }
  if (subject->fixed() && !is_subject(subject->front())) {
    return fail(properties.path() + "/subject: found an empty name, expected names between dots");
  }
  return subject;
}

void add_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  events::append_header_value(out, value);
  out.append("\r\n");
}

}  // namespace

Schema target_schema() {
  return peer_link::destination_schema(
      "Nats",
      peer_link::with_peer(Schema{}, 4222)
          .text("user", {.help = "Who the broker is there.", .fallback = "", .maximum_length = 1024})
          .secret("password", {.help = "How it proves that.", .fallback = ""})
          .secret("token", {.help = "Instead of a user: the server's token.", .fallback = ""})
          .secret("nkeySeed",
                  {.help = "Instead of a user: the seed of its NKey, SU and 56 more letters.", .fallback = ""})
          .secret("jwt", {.help = "With nkeySeed: the user's JWT, where an operator issues them.", .fallback = ""})
          .text("subject", {.help = "Where events are published. {type}, {subject} or any attribute in braces stands "
                                    "for what the event says there, {subject|none} for none where it says nothing.",
                            .required = true,
                            .minimum_length = 1,
                            .maximum_length = event_template::EventTemplate::kMostBytes})
          .choice("confirmation", {"jetstream", "core"},
                  {.help = "When an event is delivered. jetstream: a stream has stored it. core: the server has it, "
                           "and passes it to whoever subscribes then; nothing is stored.",
                   .fallback = "jetstream"})
          .choice("mode", {"structured", "binary"},
                  {.help = "How an event lies in a message. structured: the payload is the CloudEvent in JSON. binary: "
                           "attributes are headers ce-..., the payload is the data.",
                   .fallback = "structured"}));
}

Result<std::shared_ptr<const Target>> read_target(const Config& block, const peer_link::PluginSettings& settings) {
  static const common::BlockSchema schema(target_schema());
  const auto checked = schema.check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  auto peer = peer_link::read_peer(properties, settings, "nats");
  if (!peer) return peer.error();
  auto subject = read_subject(properties);
  if (!subject) return subject.error();
  auto target = std::make_shared<Target>();
  target->peer = std::move(*peer);
  target->subject = std::move(*subject);
  if (auto read = read_identity(properties, *target); !read) return read.error();
  target->jet_stream = properties.text("confirmation") == "jetstream";
  target->binary = properties.text("mode") == "binary";
  return std::shared_ptr<const Target>(std::move(target));
}

std::optional<Verdict> Target::compose(trellis::Message message, peer_link::Piece& piece) const {
  OpenedEvent& event = OpenedEvent::here();
  if (!event.open(message)) return Verdict::refused(Cause::bad_request, "the message is no CloudEvent in JSON");
  auto to = subject.fill(event, replaced);
  if (!to) return Verdict::refused(Cause::bad_request, to.error().text);
  // The server's own subjects are for whoever names them in the configuration, not for attributes.
  if (!is_subject(*to) || (to->starts_with('$') && !subject.front().starts_with('$'))) {
    return Verdict::refused(Cause::bad_request, "the event's attributes make " + trellis::json::quote(*to) +
                                                    ", which is no subject that events may be published to");
  }
  std::string headers = "NATS/1.0\r\n";
  if (jet_stream) {
    // What a stream knows duplicates by. Both are without blanks then, so that no two events are called the same.
    std::string id;
    events::append_header_value(id, event.attribute("source").value_or(""));
    id += ' ';
    events::append_header_value(id, event.attribute("id").value_or(""));
    headers.append("Nats-Msg-Id: ").append(id).append("\r\n");
  }
  if (binary) {
    for (const auto& [name, value] : event.attributes()) add_header(headers, "ce-" + std::string(name), value);
    if (event.content_type()) add_header(headers, "content-type", *event.content_type());
  } else {
    headers += "content-type: application/cloudevents+json\r\n";
  }
  headers += "\r\n";
  piece.mark = Sizes{to->size(), headers.size()}.mark();
  piece.bytes = std::move(*to);
  piece.bytes.append(headers).append(binary ? event.data() : event.json());
  return std::nullopt;
}

std::unique_ptr<peer_link::Speaker> Target::speaker(peer_link::Link& link) const {
  return std::make_unique<NatsSpeaker>(link, *this);
}

}  // namespace nats
