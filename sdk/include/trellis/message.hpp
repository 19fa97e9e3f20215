// Messages: one to look at, one to keep, one to publish.
#pragma once

#include <trellis/abi/message.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <trellis/host.hpp>
#include <trellis/shard.hpp>
#include <trellis/view.hpp>
#include <utility>
#include <vector>

namespace trellis {

/// A message to look at, borrowed until the call that passed it returns. As cheap as a pointer.
class Message {
 public:
  Message(const trellis_message* message) noexcept : message_(message) {}

  std::string_view topic() const noexcept { return text(message_->topic); }
  std::string_view payload() const noexcept { return text(message_->payload); }
  unsigned qos() const noexcept { return message_->qos; }
  bool retain() const noexcept { return has(TRELLIS_MESSAGE_RETAIN); }
  /// The publisher says that the payload is UTF-8 text.
  bool is_text() const noexcept { return has(TRELLIS_MESSAGE_TEXT); }
  /// Empty both where absent and where empty, as are the next two.
  std::string_view content_type() const noexcept { return text(message_->content_type); }
  std::string_view response_topic() const noexcept { return text(message_->response_topic); }
  std::string_view correlation_data() const noexcept { return text(message_->correlation_data); }
  Pairs user_properties() const noexcept { return {message_->user_properties, message_->user_property_count}; }
  /// Unix time.
  std::chrono::milliseconds published_at() const noexcept {
    return std::chrono::milliseconds(message_->published_at_ms);
  }
  std::optional<std::chrono::milliseconds> expires_at() const noexcept {
    if (!has(TRELLIS_MESSAGE_HAS_EXPIRY)) return std::nullopt;
    return std::chrono::milliseconds(message_->expires_at_ms);
  }
  /// Client id of the sender, and its authenticated name; empty for the broker itself, and for anonymous.
  std::string_view publisher() const noexcept { return text(message_->publisher); }
  std::string_view publisher_identity() const noexcept { return text(message_->publisher_identity); }

  bool has(std::uint32_t flag) const noexcept { return (message_->flags & flag) != 0; }
  const trellis_message* get() const noexcept { return message_; }

 private:
  const trellis_message* message_;
};

/// A message kept beyond the call; released when this is destroyed. On any thread.
class MessageRef {
 public:
  MessageRef() = default;
  MessageRef(const trellis_host_message* table, const trellis_message* borrowed)
      : table_(table), message_(table != nullptr ? table->retain(borrowed) : nullptr) {}
  MessageRef(const Host& host, Message borrowed) : MessageRef(host.table<trellis_host_message>(), borrowed.get()) {}
  MessageRef(const MessageRef& other) : table_(other.table_), message_(nullptr) {
    if (other.message_ != nullptr) message_ = table_->retain(other.message_);
  }
  MessageRef(MessageRef&& other) noexcept : table_(other.table_), message_(std::exchange(other.message_, nullptr)) {}
  MessageRef& operator=(MessageRef other) noexcept {
    std::swap(table_, other.table_);
    std::swap(message_, other.message_);
    return *this;
  }
  ~MessageRef() {
    if (message_ != nullptr) table_->release(message_);
  }

  explicit operator bool() const noexcept { return message_ != nullptr; }
  Message operator*() const noexcept { return message_; }

 private:
  const trellis_host_message* table_ = nullptr;
  const trellis_message* message_ = nullptr;
};

/// A message about to be published. Borrows every text until it was passed to the kernel, which copies:
///
///     batch.copy(Publication("alarms/" + name, message.payload()).qos(1));   // wrong: the topic is gone too early
///     const std::string topic = "alarms/" + name;
///     batch.copy(Publication(topic, message.payload()).qos(1));              // right
class Publication {
 public:
  Publication(std::string_view topic, std::string_view payload) noexcept {
    publication_.struct_size = sizeof publication_;
    publication_.topic = view(topic);
    publication_.payload = view(payload);
  }

  /// Everything as in that message, ready to be changed. Of its expiry the time that is left counts from now_ms.
  static Publication of(Message message, std::int64_t now_ms = 0) {
    const trellis_message& from = *message.get();
    Publication out(message.topic(), message.payload());
    out.publication_.flags = from.flags;
    out.publication_.qos = from.qos;
    out.publication_.content_type = from.content_type;
    out.publication_.response_topic = from.response_topic;
    out.publication_.correlation_data = from.correlation_data;
    out.properties_.assign(from.user_properties, from.user_properties + from.user_property_count);
    if (message.has(TRELLIS_MESSAGE_HAS_EXPIRY)) {
      const std::int64_t since = now_ms != 0 ? now_ms : from.published_at_ms;
      const std::int64_t left = from.expires_at_ms > since ? (from.expires_at_ms - since + 999) / 1000 : 0;
      out.publication_.expiry_s = static_cast<std::uint32_t>(left);
    }
    return out;
  }

  Publication& topic(std::string_view topic) noexcept {
    publication_.topic = view(topic);
    return *this;
  }
  Publication& payload(std::string_view payload) noexcept {
    publication_.payload = view(payload);
    return *this;
  }
  Publication& qos(unsigned qos) noexcept {
    publication_.qos = qos;
    return *this;
  }
  Publication& retain(bool retain = true) noexcept { return flag(TRELLIS_MESSAGE_RETAIN, retain); }
  Publication& text_payload(bool is_text = true) noexcept {
    return flag(TRELLIS_MESSAGE_HAS_FORMAT, true).flag(TRELLIS_MESSAGE_TEXT, is_text);
  }
  Publication& expires_after(std::chrono::seconds time) noexcept {
    publication_.expiry_s = static_cast<std::uint32_t>(time.count());
    return flag(TRELLIS_MESSAGE_HAS_EXPIRY, true);
  }
  Publication& content_type(std::string_view type) noexcept {
    publication_.content_type = view(type);
    return flag(TRELLIS_MESSAGE_HAS_CONTENT_TYPE, true);
  }
  Publication& response_topic(std::string_view topic) noexcept {
    publication_.response_topic = view(topic);
    return flag(TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC, true);
  }
  Publication& correlation_data(std::string_view data) noexcept {
    publication_.correlation_data = view(data);
    return flag(TRELLIS_MESSAGE_HAS_CORRELATION, true);
  }
  Publication& user_property(std::string_view name, std::string_view value) {
    properties_.push_back({view(name), view(value)});
    return *this;
  }

  /// As the kernel takes it; valid while this object is not changed.
  const trellis_publication* get() noexcept {
    publication_.user_properties = properties_.data();
    publication_.user_property_count = static_cast<std::uint32_t>(properties_.size());
    return &publication_;
  }

 private:
  Publication& flag(std::uint32_t bit, bool on) noexcept {
    publication_.flags = on ? publication_.flags | bit : publication_.flags & ~bit;
    return *this;
  }

  trellis_publication publication_{};
  std::vector<trellis_pair> properties_;
};

/// Publishes in the broker's own name into a namespace; no authorizer is asked. [shard]
inline Status publish(const Shard& shard, std::string_view name_space, Publication publication,
                      std::string_view publisher = {}, std::string_view publisher_identity = {}) {
  const auto* table = shard.host().table<trellis_host_publish>();
  if (table == nullptr) return Status::unsupported;
  trellis_status result = TRELLIS_STATUS_UNSET;
  table->publish_as(shard.handle(), view(name_space), view(publisher), view(publisher_identity), publication.get(),
                    &result, 1);
  return static_cast<Status>(result);
}

}  // namespace trellis
