// Turns messages into AMQP messages, by CloudEvents' AMQP binding.
#include <proton/codec.h>
#include <proton/message.h>

#include <memory>

#include "common/delivery/outgoing.hpp"
#include "target.hpp"

namespace amqp {
namespace {

using common::NamedTexts;
using common::Verdict;
using peer_link::Piece;
using trellis::Cause;

struct FreeMessage {
  void operator()(pn_message_t* message) const noexcept { pn_message_free(message); }
};
using OutMessage = std::unique_ptr<pn_message_t, FreeMessage>;

pn_bytes_t bytes_of(std::string_view text) { return pn_bytes(text.size(), text.data()); }

/// What an event says about the message that carries it.
struct Labels {
  std::string id;
  std::string subject;
  NamedTexts properties;  // of the application
};

/// The names Service Bus has for properties of messages; false where it is one of the application.
bool set_own_property(pn_message_t& message, const std::string& name, const std::string& value) {
  if (name == "SessionId") return pn_message_set_group_id(&message, value.c_str()) == 0;
  if (name == "Label") return pn_message_set_subject(&message, value.c_str()) == 0;
  if (name == "CorrelationId") {
    pn_data_t* const id = pn_message_correlation_id(&message);
    pn_data_clear(id);
    return pn_data_put_string(id, bytes_of(value)) == 0;
  }
  if (name != "PartitionKey") return false;
  pn_data_t* const annotations = pn_message_annotations(&message);
  pn_data_put_map(annotations);
  pn_data_enter(annotations);
  pn_data_put_symbol(annotations, bytes_of("x-opt-partition-key"));
  pn_data_put_string(annotations, bytes_of(value));
  pn_data_exit(annotations);
  return true;
}

/// Texts that Proton takes as C strings end at a zero: none of ours has one, for attributes have no controls.
void put_properties(pn_message_t& message, const Target& target, const Labels& labels) {
  if (!labels.id.empty()) pn_data_put_string(pn_message_id(&message), bytes_of(labels.id));
  if (!labels.subject.empty()) pn_message_set_subject(&message, labels.subject.c_str());
  pn_data_t* const properties = pn_message_properties(&message);
  pn_data_put_map(properties);
  pn_data_enter(properties);
  for (const auto& [name, value] : labels.properties) {
    if (target.service_bus && set_own_property(message, name, value)) continue;
    pn_data_put_string(properties, bytes_of(name));
    pn_data_put_string(properties, bytes_of(value));
  }
  pn_data_exit(properties);
}

std::optional<std::string> encode(pn_message_t& message, std::size_t about) {
  std::string out(about, '\0');
  static constexpr std::size_t kMost = std::size_t{1} << 30U;
  while (out.size() <= kMost) {
    std::size_t size = out.size();
    const int status = pn_message_encode(&message, out.data(), &size);
    if (status == 0) return out.resize(size), out;
    if (status != PN_OVERFLOW) return std::nullopt;
    out.resize(out.size() * 2);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Verdict> Target::compose(trellis::Message message, Piece& piece) const {
  // The memory of a shard's thread: shards share this object.
  static thread_local common::OutgoingReader reader;
  const auto wrong = [&](std::string_view what) {
    return Verdict::refused(Cause::bad_request, settings.name + ": " + std::string(what));
  };
  const auto* const said = common::OutgoingReader::look(message, keys, of_topic);
  if (said == nullptr) return wrong("the message says that it is a CloudEvent, and is none");
  Labels labels{std::string((*said)[id_slot].text), std::string((*said)[subject_slot].text), {}};
  NamedTexts of_event;
  mappings.take(*said, of_event);
  const auto taken = reader.take(message, of_topic, mode == Mode::binary);
  if (!taken) return wrong(taken.error().text);
  for (const auto& [name, value] : taken->attributes)
    labels.properties.emplace_back("cloudEvents:" + std::string(name), value);
  if (!taken->event) common::append_mqtt_properties(message, labels.properties);
  labels.properties.insert(labels.properties.end(), mappings.fixed.begin(), mappings.fixed.end());
  labels.properties.insert(labels.properties.end(), of_event.begin(), of_event.end());

  const OutMessage out(pn_message());
  pn_message_set_durable(out.get(), true);
  pn_message_set_inferred(out.get(), true);  // the body is a section of data
  if (taken->content_type) pn_message_set_content_type(out.get(), std::string(*taken->content_type).c_str());
  pn_message_set_creation_time(out.get(), message.published_at().count());
  put_properties(*out, *this, labels);
  pn_data_put_binary(pn_message_body(out.get()), bytes_of(taken->body));
  auto encoded = encode(*out, taken->body.size() + 1024);
  if (!encoded) return wrong("the event cannot be written as an AMQP message");
  piece.bytes = std::move(*encoded);
  return std::nullopt;
}

}  // namespace amqp
