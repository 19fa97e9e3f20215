// The context attributes of a message that is a CloudEvent.
#pragma once

#include <cstddef>
#include <optional>
#include <trellis/message.hpp>

#include "common/cesql/value.hpp"
#include "structured_event.hpp"

namespace cesql {

/// In structured mode (content type application/cloudevents+json) they are the members of the payload but for the data,
/// in binary mode user properties and the content type. What lacks specversion 1.0, id, source or type is no event and
/// has no attributes. Looks at the message when the first is asked for; one at a time per thread.
class MessageAttributes final : public Attributes {
 public:
  /// Structured events that are larger have no attributes.
  MessageAttributes(const trellis::Message& message, std::size_t event_bytes) noexcept
      : message_(message), event_bytes_(event_bytes) {}

  std::optional<Value> find(std::string_view name) noexcept override;

 private:
  /// Whether the message is an event.
  bool read() noexcept;
  std::optional<Value> look(std::string_view name) const noexcept;
  bool complete() const noexcept;

  const trellis::Message& message_;
  std::size_t event_bytes_;
  bool read_ = false;
  bool is_event_ = false;
  const StructuredEvent* structured_ = nullptr;
};

}  // namespace cesql
