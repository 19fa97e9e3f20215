// Messages: one block of memory each, shared by everybody who keeps them.
#pragma once

#include <trellis/abi/message.h>

#include <atomic>
#include <cstdint>
#include <string_view>
#include <trellis/keeping/names.hpp>
#include <trellis/runtime/views.hpp>
#include <utility>

namespace trellis::keeping {

/// A message: the facts plugins see, and who keeps it.
///
/// It is either kept (one heap block with everything its views point to, counted references, any thread may hold
/// one) or borrowed: on the stack of publish(), its views pointing into a read buffer. keep() of a borrowed message
/// makes the kept copy, once; most QoS 0 messages never need one.
class Message {
 public:
  /// A borrowed message from what a publisher handed in; the views must outlive it.
  Message() noexcept : facts_{}, origin_(0), kept_(nullptr), references_(0), bytes_(0) {}
  /// A borrowed one that says what another says, but for the payload.
  Message(const Message& like, std::string_view payload) noexcept
      : facts_(like.facts_),
        origin_(like.origin_),
        kept_(nullptr),
        references_(0),
        bytes_(like.bytes_ - static_cast<std::uint32_t>(like.facts_.payload.size - payload.size())) {
    facts_.payload = view_of(payload);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() {
    if (kept_ != nullptr) kept_->drop();
  }

  /// Fills a borrowed message. wall_ms is the arrival time in Unix milliseconds, origin the subscriber id of the
  /// publisher's own session (0: none), for no-local subscriptions.
  void borrow(const trellis_publication& publication, std::int64_t wall_ms, std::string_view publisher,
              std::string_view identity, std::uint64_t origin) noexcept;

  /// Of a borrowed one: when it expires, if it does, as Unix milliseconds.
  void expire_at(std::int64_t wall_ms) noexcept { facts_.expires_at_ms = wall_ms; }

  /// Whether it could be made like the other. False where one has properties, which nobody compares.
  bool differs_in_payload_only(const Message& other) const noexcept;
  /// The same for two of one topic and one publisher's batch.
  bool differs_in_payload_only_of_batch(const Message& other) const noexcept {
    return facts_.flags == other.facts_.flags && facts_.qos == other.facts_.qos &&
           facts_.expires_at_ms == other.facts_.expires_at_ms && plain() && other.plain();
  }

  static const Message& of(const trellis_message* facts) noexcept { return *reinterpret_cast<const Message*>(facts); }

  const trellis_message& facts() const noexcept { return facts_; }
  std::string_view topic() const noexcept { return text_of(facts_.topic); }
  std::string_view payload() const noexcept { return text_of(facts_.payload); }
  std::uint32_t qos() const noexcept { return facts_.qos; }
  bool retain() const noexcept { return (facts_.flags & TRELLIS_MESSAGE_RETAIN) != 0; }
  std::uint64_t origin() const noexcept { return origin_; }
  bool expires() const noexcept { return (facts_.flags & TRELLIS_MESSAGE_HAS_EXPIRY) != 0; }
  bool expired(std::int64_t wall_ms) const noexcept { return expires() && facts_.expires_at_ms <= wall_ms; }
  /// What a queue counts for it: topic, payload and properties.
  std::uint32_t bytes() const noexcept { return bytes_; }

  /// Whether keep() would cost no copy.
  bool kept() const noexcept { return kept_ != nullptr || references_.load(std::memory_order_relaxed) != 0; }
  /// Bytes of a block that holds the message and everything its views point to.
  std::size_t block_bytes() const noexcept {
    return sizeof(Message) + facts_.user_property_count * sizeof(trellis_pair) + bytes_ + facts_.publisher.size +
           facts_.publisher_identity.size;
  }
  /// Makes a borrowed message in such a block, aligned as a Message; the caller destroys it.
  Message* copy_to(void* block) const noexcept;

  /// One more reference to the kept form; give back with drop().
  const Message* keep() const;
  void drop() const noexcept;

 private:
  friend class MessagePtr;
  Message* copy() const;
  bool plain() const noexcept {  // nothing but topic and payload
    return facts_.user_property_count == 0 && bytes_ == facts_.topic.size + facts_.payload.size;
  }

  trellis_message facts_;  // first: a trellis_message* is a Message*
  std::uint64_t origin_;
  mutable Message* kept_;                          // borrowed only: the kept copy, when somebody asked for one
  mutable std::atomic<std::uint32_t> references_;  // 0: borrowed
  std::uint32_t bytes_;
};

/// A reference to a kept message.
class MessagePtr {
 public:
  MessagePtr() noexcept = default;
  explicit MessagePtr(const Message& message) : message_(message.keep()) {}
  MessagePtr(MessagePtr&& other) noexcept : message_(std::exchange(other.message_, nullptr)) {}
  MessagePtr(const MessagePtr& other) : message_(other.message_ ? other.message_->keep() : nullptr) {}
  MessagePtr& operator=(MessagePtr other) noexcept {
    std::swap(message_, other.message_);
    return *this;
  }
  ~MessagePtr() { reset(); }

  void reset() noexcept {
    if (message_ != nullptr) std::exchange(message_, nullptr)->drop();
  }
  const Message* get() const noexcept { return message_; }
  const Message& operator*() const noexcept { return *message_; }
  const Message* operator->() const noexcept { return message_; }
  explicit operator bool() const noexcept { return message_ != nullptr; }

 private:
  const Message* message_ = nullptr;
};

/// Makes a kept message from a publication at once.
MessagePtr make_message(const trellis_publication& publication, std::int64_t wall_ms, std::string_view publisher,
                        std::string_view identity, std::uint64_t origin);

}  // namespace trellis::keeping
