/// Makes CloudEvents of events in the schemas of Event Grid's basic tier.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/events/problem.hpp"
#include "dead_letters/letter_id.hpp"

namespace events_service {

/// Where the attributes of a CloudEvent stand in an event of another schema.
struct SchemaMapping {
  enum Attribute : std::uint8_t { id, source, type, time, subject, data_version };
  static constexpr std::size_t kAttributes = 6;

  struct Field {
    std::string member = {};    ///< of the event; empty: none
    std::string fallback = {};  ///< where that is not there, null, or empty
  };
  std::array<Field, kAttributes> fields;
  /// Event Grid's own schema: some members have to be there, and `data` is one. In others all of the event is its data.
  bool own = false;

  static SchemaMapping event_grid();
};

/// What an event has that does not say it.
struct Stamps {
  std::string_view source;
  std::int64_t unix_ms;
};

/// Of one thread. Uses the thread's cloud_event::Scratch.
class Conversion {
 public:
  /// Bytes behind batch() that may be read.
  static constexpr std::size_t kReadable = 64;

  explicit Conversion(std::size_t most_events) : most_events_(most_events) {}

  /// Reads an array of events. Nothing where all of them could be converted. What is copied into the batch is JSON only
  /// as far as whoever reads that finds it to be.
  std::optional<events::Problem> read(std::string_view body, const SchemaMapping& mapping, const Stamps& stamps);
  /// The CloudEvents, as a batch in JSON; until the next read().
  std::string_view batch() const noexcept { return {batch_.data(), size_}; }

 private:
  const std::size_t most_events_;
  std::string batch_;
  std::size_t size_ = 0;
  LetterIds ids_;
};

}  // namespace events_service
