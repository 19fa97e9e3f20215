// The JSON of the event scenarios: events as they are published, and what receive and acknowledge answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire.hpp"

namespace trellis::bench {

/// Who published an event and as which of its own: the event's `id`.
struct EventId {
  static constexpr std::uint32_t kForeign = 0xffffffffU;  // a publisher that is none of ours

  std::uint32_t publisher = kForeign;
  std::uint32_t sequence = 0;

  bool operator==(const EventId&) const = default;
};

/// A CloudEvent of a fixed size whose id alone varies.
class EventText {
 public:
  // size: of the whole JSON object. Throws std::runtime_error when the attributes alone are larger.
  explicit EventText(std::size_t size);

  std::size_t size() const { return text_.size(); }
  // Writes size() bytes.
  char* write(char* to, EventId id) const;
  // A JSON array of `count` events with ids from `first` on: batch_size(count) bytes.
  std::size_t batch_size(std::uint32_t count) const { return count * (text_.size() + 1) + (count == 0 ? 2 : 1); }
  void write_batch(char* to, EventId first, std::uint32_t count) const;

 private:
  std::string text_;
  std::size_t id_at_ = 0;
};

/// One event of a receive answer. The token is as it stands in the JSON, escapes and all.
struct ReceivedEvent {
  std::string_view token;
  std::uint32_t delivery_count = 0;
  EventId id;
};

// False when `body` is not the answer to a receive: members may come in any order and others beside them, but every
// event has to have its token, its count and its id.
bool scan_received(std::string_view body, std::vector<ReceivedEvent>& events);

// The id of a CloudEvent in JSON. False when it has none.
bool scan_event(std::string_view event, EventId& id);

/// What an acknowledge answers.
struct SettledTokens {
  std::vector<std::string_view> succeeded;
  std::vector<std::string_view> failed;
};

// False when `body` has not both lists.
bool scan_settled(std::string_view body, SettledTokens& tokens);

// {"lockTokens":["…"]}; tokens as they stood in the JSON they came in.
std::string settle_body(std::span<const std::string> tokens);

}  // namespace trellis::bench
