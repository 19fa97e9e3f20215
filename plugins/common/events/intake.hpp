/// Takes what a publisher sent: all of its events, or none and the reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <trellis/view.hpp>
#include <vector>

#include "common/events/arena.hpp"
#include "common/events/event.hpp"
#include "common/events/problem.hpp"

namespace events {

struct IntakeRules {
  std::size_t request_bytes = std::size_t{1} << 20U;
  std::size_t event_bytes = std::size_t{1} << 20U;  ///< in binary mode attributes and body, as they came
  std::size_t events = 1000;                        ///< of one request
  std::size_t attributes = 64;                      ///< of one event: predicates take no more either
  std::size_t header_name_bytes = 20;               ///< of an attribute's name in binary mode
  std::size_t depth = 128;                          ///< how many objects and arrays stand in each other
  std::uint32_t too_large_status = 403;             ///< 413 says the same to proxies
  bool text_as_text = false;  ///< in binary mode text/* becomes `data`, where it is UTF-8, and not `data_base64`
  bool trace_context = true;  ///< events without traceparent get the request's
};

/// How events lie in a request.
enum class Mode : std::uint8_t { structured = 1, batch, binary };

/// Reads requests one after the other, each into the memory of the one before: of one thread. Once it has read a
/// request of a size the next one allocates nothing, problems and bodies beyond Arena::kKeptBytes that have to be
/// written anew aside. Uses the thread's cloud_event::Scratch, so what that thread read of an event before is gone.
class Intake {
 public:
  explicit Intake(IntakeRules rules = {});
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// Null where every event is accepted. headers: names in lower case. `readable` bytes behind the body may be read: 64
  /// save a copy of it. Headers and body stay as long as the events are used. The problem stays until the next read().
  const Problem* read(trellis::Pairs headers, std::string_view body, std::size_t readable = 0);
  /// The same for one event in JSON, without headers: such as a stored one.
  const Problem* read_one(std::string_view json, std::size_t readable = 0);

  /// In the order of the request. None where there was a problem.
  std::span<const Event> events() const noexcept;
  Mode mode() const noexcept;
  const IntakeRules& rules() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace events
