#include <cstdlib>
#include <cstring>
#include <new>
#include <trellis/keeping/message.hpp>
#include <trellis/runtime/kept_bytes.hpp>

namespace trellis::keeping {
namespace {

// Appends text to the block being filled and answers where it now lies.
trellis_view place(char*& at, trellis_view text) noexcept {
  if (text.size == 0) return {at, 0};
  std::memcpy(at, text.data, text.size);
  const trellis_view placed{at, text.size};
  at += text.size;
  return placed;
}

std::size_t variable_bytes(const trellis_message& facts) noexcept {
  std::size_t bytes = facts.topic.size + facts.payload.size + facts.content_type.size + facts.response_topic.size +
                      facts.correlation_data.size;
  for (std::uint32_t i = 0; i < facts.user_property_count; ++i) {
    bytes += facts.user_properties[i].name.size + facts.user_properties[i].value.size;
  }
  return bytes;
}

}  // namespace

void Message::borrow(const trellis_publication& publication, std::int64_t wall_ms, std::string_view publisher,
                     std::string_view identity, std::uint64_t origin) noexcept {
  if (kept_ != nullptr) std::exchange(kept_, nullptr)->drop();
  facts_.struct_size = sizeof(trellis_message);
  facts_.flags = publication.flags;
  facts_.topic = publication.topic;
  facts_.payload = publication.payload;
  facts_.content_type = publication.content_type;
  facts_.response_topic = publication.response_topic;
  facts_.correlation_data = publication.correlation_data;
  facts_.user_properties = publication.user_properties;
  facts_.user_property_count = publication.user_property_count;
  facts_.qos = publication.qos;
  facts_.published_at_ms = wall_ms;
  facts_.expires_at_ms =
      (publication.flags & TRELLIS_MESSAGE_HAS_EXPIRY) != 0 ? wall_ms + std::int64_t{publication.expiry_s} * 1000 : 0;
  facts_.publisher = view_of(publisher);
  facts_.publisher_identity = view_of(identity);
  origin_ = origin;
  bytes_ = static_cast<std::uint32_t>(publication.user_property_count == 0
                                          ? publication.topic.size + publication.payload.size +
                                                publication.content_type.size + publication.response_topic.size +
                                                publication.correlation_data.size
                                          : variable_bytes(facts_));
}

bool Message::differs_in_payload_only(const Message& other) const noexcept {
  const trellis_message& mine = facts_;
  const trellis_message& its = other.facts_;
  return differs_in_payload_only_of_batch(other) && mine.published_at_ms == its.published_at_ms &&
         origin_ == other.origin_ && text_of(mine.topic) == text_of(its.topic) &&
         text_of(mine.publisher) == text_of(its.publisher) &&
         text_of(mine.publisher_identity) == text_of(its.publisher_identity);
}

Message* Message::copy_to(void* block) const noexcept {
  auto* message = new (block) Message;
  message->facts_ = facts_;
  message->origin_ = origin_;
  message->bytes_ = bytes_;
  const std::size_t pairs = facts_.user_property_count * sizeof(trellis_pair);
  auto* properties = reinterpret_cast<trellis_pair*>(message + 1);
  char* at = reinterpret_cast<char*>(message + 1) + pairs;
  trellis_message& to = message->facts_;
  to.topic = place(at, facts_.topic);
  to.payload = place(at, facts_.payload);
  to.content_type = place(at, facts_.content_type);
  to.response_topic = place(at, facts_.response_topic);
  to.correlation_data = place(at, facts_.correlation_data);
  for (std::uint32_t i = 0; i < facts_.user_property_count; ++i) {
    properties[i].name = place(at, facts_.user_properties[i].name);
    properties[i].value = place(at, facts_.user_properties[i].value);
  }
  to.user_properties = pairs == 0 ? nullptr : properties;
  to.publisher = place(at, facts_.publisher);
  to.publisher_identity = place(at, facts_.publisher_identity);
  return message;
}

Message* Message::copy() const {
  const std::size_t size = block_bytes();
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  Message* message = copy_to(block);
  message->references_.store(1, std::memory_order_relaxed);
  count_kept_bytes(static_cast<std::int64_t>(size));
  return message;
}

const Message* Message::keep() const {
  const Message* kept = this;
  if (references_.load(std::memory_order_relaxed) == 0) {
    if (kept_ == nullptr) kept_ = copy();
    kept = kept_;
  }
  kept->references_.fetch_add(1, std::memory_order_relaxed);
  return kept;
}

void Message::drop() const noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  count_kept_bytes(-static_cast<std::int64_t>(block_bytes()));
  auto* self = const_cast<Message*>(this);
  self->~Message();
  std::free(self);
}

MessagePtr make_message(const trellis_publication& publication, std::int64_t wall_ms, std::string_view publisher,
                        std::string_view identity, std::uint64_t origin) {
  Message borrowed;
  borrowed.borrow(publication, wall_ms, publisher, identity, origin);
  return MessagePtr(borrowed);
}

}  // namespace trellis::keeping
