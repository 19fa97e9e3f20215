#include <trellis/keeping/bytes.hpp>
#include <trellis/keeping/encoding.hpp>
#include <vector>

namespace trellis::keeping {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kSmall = 512;

/// What has a fixed size, as it lies in memory: a store is not carried between machines of different kinds.
struct Head {
  std::uint8_t format;
  std::uint8_t qos;
  std::uint16_t reserved;
  std::uint32_t flags;
  std::int64_t published_at_ms;
  std::int64_t expires_at_ms;
  std::uint32_t properties;
  std::uint32_t reserved_too;
};

}  // namespace

void encode(const Message& message, std::string& bytes) {
  const trellis_message& facts = message.facts();
  Head head{};
  head.format = kFormat;
  head.qos = static_cast<std::uint8_t>(facts.qos);
  head.flags = facts.flags;
  head.published_at_ms = facts.published_at_ms;
  head.expires_at_ms = facts.expires_at_ms;
  head.properties = facts.user_property_count;
  const trellis_view texts[] = {
      facts.topic,     facts.payload,           facts.content_type, facts.response_topic, facts.correlation_data,
      facts.publisher, facts.publisher_identity};
  std::size_t size = sizeof head;
  for (const trellis_view text : texts) size += sizeof(std::uint32_t) + text.size;
  // Small ones, which most are, are put together apart: many short appends would cost more than one more copy.
  char small[kSmall];
  if (size <= kSmall) {
    std::memcpy(small, &head, sizeof head);
    char* at = small + sizeof head;
    for (const trellis_view text : texts) {
      const auto length = static_cast<std::uint32_t>(text.size);
      std::memcpy(at, &length, sizeof length);
      if (length != 0) std::memcpy(at + sizeof length, text.data, length);
      at += sizeof length + length;
    }
    bytes.append(small, size);
  } else {
    add_bytes(bytes, head);
    for (const trellis_view text : texts) add_bytes(bytes, text);
  }
  for (std::uint32_t i = 0; i < facts.user_property_count; ++i) {
    add_bytes(bytes, facts.user_properties[i].name);
    add_bytes(bytes, facts.user_properties[i].value);
  }
}

MessagePtr decode(std::string_view bytes) {
  BytesReader reader(bytes);
  const auto head = reader.value<Head>();
  if (head.format != kFormat || head.qos > 2) return {};
  trellis_publication said{};
  said.struct_size = sizeof said;
  said.flags = head.flags;
  said.qos = head.qos;
  for (trellis_view* text :
       {&said.topic, &said.payload, &said.content_type, &said.response_topic, &said.correlation_data}) {
    *text = reader.text();
  }
  const trellis_view publisher = reader.text();
  const trellis_view identity = reader.text();
  if (head.properties > reader.left() / (2 * sizeof(std::uint32_t))) return {};
  std::vector<trellis_pair> properties(head.properties);
  for (trellis_pair& property : properties) {
    property.name = reader.text();
    property.value = reader.text();
  }
  if (!reader.done() || said.topic.size == 0) return {};
  said.user_properties = properties.data();
  said.user_property_count = head.properties;
  Message message;
  message.borrow(said, head.published_at_ms, text_of(publisher), text_of(identity), 0);
  message.expire_at(head.expires_at_ms);
  return MessagePtr(message);
}

}  // namespace trellis::keeping
