/// One event on its way in, whichever mode it came in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/events/arena.hpp"
#include "common/events/event.hpp"
#include "common/events/intake.hpp"
#include "common/events/problem.hpp"

namespace events {

/// The trace context of a request.
struct Trace {
  std::string_view parent;  // empty: there is none
  std::string_view state;
};

/// What is known of the request so far.
struct Taken {
  explicit Taken(const IntakeRules& its_rules) : rules(its_rules) {}

  void begin();
  /// The events' attributes have their places only once there are no more to come.
  void settle();

  const IntakeRules rules;
  Arena arena;
  std::vector<Event> events;
  std::vector<trellis_pair> attributes;       // of all events, one after the other
  std::vector<std::size_t> first_attributes;  // of each event
  Problem problem;
  Mode mode = Mode::structured;
  Trace trace;
};

/// Collects the attributes of the last of the events. What answers bool says false where there is a problem.
class Draft {
 public:
  /// Of a JSON value, or of a header, which is always a text.
  enum class Kind : std::uint8_t { text, boolean, number, null };

  explicit Draft(Taken& taken);

  Event& event() noexcept { return taken_.events.back(); }
  /// meant: the value without quotes and escapes. token: as JSON has it; binary mode writes it later.
  bool attribute(std::string_view name, Kind kind, std::string_view meant, std::string_view token);
  /// Whether all that has to be there is, and nothing is there that excludes another.
  bool complete();
  /// Of the event's attributes, so far.
  trellis_pair* begin() noexcept { return taken_.attributes.data() + first_; }
  std::size_t size() const noexcept { return taken_.attributes.size() - first_; }
  bool takes_trace() const noexcept { return !has_trace_ && !taken_.trace.parent.empty(); }

  /// "event 3: attribute 'time': found …, expected …"
  bool wrong(std::string_view name, const std::string& found, std::string_view expected);
  /// Of the event, not of one attribute.
  bool refuse(std::uint32_t status, const std::string& sentence, std::string target = {});
  bool refuse_size(std::size_t bytes);

 private:
  bool known(std::size_t index, Kind kind, std::string_view meant, std::string_view token);
  bool extension(std::string_view name, Kind kind, std::string_view meant, std::string_view token);
  bool keep(std::string_view name, std::string_view token);

  Taken& taken_;
  std::size_t first_;
  std::uint32_t seen_ = 0;        // of the attributes that CloudEvents defines
  std::uint64_t extensions_ = 0;  // one bit for each that may have been there
  bool has_trace_ = false;
};

/// How a problem names the place of an attribute: "header 'ce-id'" in binary mode.
std::string place_of(Mode mode, std::string_view attribute);

/// Room for the text, with bytes behind it that may be read.
inline constexpr std::size_t kReadable = 64;
char* room_for_json(Arena& arena, std::size_t bytes);

bool read_structured(Taken& taken, std::string_view body, std::size_t readable);
bool read_binary(Taken& taken, trellis::Pairs headers, std::string_view body, std::size_t readable);

}  // namespace events
