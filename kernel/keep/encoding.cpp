#include "keep/encoding.hpp"

#include <cstring>
#include <optional>
#include <vector>

namespace trellis::kernel {
namespace {

constexpr std::uint8_t kFormat = 1;

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

template <typename Number>
void add(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void add(std::string& bytes, trellis_view text) {
  add(bytes, static_cast<std::uint32_t>(text.size));
  if (text.size != 0) bytes.append(text.data, text.size);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : left_(bytes) {}
  template <typename Value>
  Value value() noexcept {
    Value value{};
    if (left_.size() < sizeof value) {
      failed_ = true;
      return value;
    }
    std::memcpy(&value, left_.data(), sizeof value);
    left_.remove_prefix(sizeof value);
    return value;
  }
  trellis_view text() noexcept {
    const auto size = value<std::uint32_t>();
    if (failed_ || left_.size() < size) {
      failed_ = true;
      return {};
    }
    const trellis_view text{left_.data(), size};
    left_.remove_prefix(size);
    return text;
  }
  std::size_t left() const noexcept { return left_.size(); }
  bool done() const noexcept { return !failed_ && left_.empty(); }

 private:
  std::string_view left_;
  bool failed_ = false;
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
  add(bytes, head);
  for (const trellis_view text : {facts.topic, facts.payload, facts.content_type, facts.response_topic,
                                  facts.correlation_data, facts.publisher, facts.publisher_identity}) {
    add(bytes, text);
  }
  for (std::uint32_t i = 0; i < facts.user_property_count; ++i) {
    add(bytes, facts.user_properties[i].name);
    add(bytes, facts.user_properties[i].value);
  }
}

MessagePtr decode(std::string_view bytes) {
  Reader reader(bytes);
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

}  // namespace trellis::kernel
