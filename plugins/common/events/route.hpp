/// Which operation of the event API a request asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/events/problem.hpp"

namespace events {

enum class Operation : std::uint8_t {
  publish = 1,
  receive,
  acknowledge,
  release,
  reject,
  renew_lock,
  show_deliveries,      ///< what became of what was pushed
  redrive,              ///< dead letters that wait in this subscription go back to those they are of
  list_dead_letters,    ///< those of this subscription that are in files
  show_dead_letter,     ///< one of them
  redrive_dead_letters  ///< one file of them or all go back into the queue
};

/// Whether it is one of those that Event Grid does not have.
constexpr bool is_of_dead_letters(Operation operation) noexcept { return operation >= Operation::redrive; }

/// As it stands in paths: "renewLock".
std::string_view name_of(Operation operation) noexcept;

/// Some versions of the API answer in another form.
class ApiVersion {
 public:
  /// The first of namespaces, and of what was there before them.
  static constexpr std::string_view kFirst = "2023-06-01";
  static constexpr std::string_view kFirstBasic = "2018-01-01";

  /// "2024-06-01", "2023-06-01-preview"; from that first one on, later ones too. Nothing for what is none of these.
  static std::optional<ApiVersion> parse(std::string_view text, std::string_view first = kFirst);

  /// How an answer names a token that failed: error{code, message}, errorCode and errorDescription, or both where
  /// clients of that version were told of either.
  enum class Failures : std::uint8_t { nested = 1, flat, both };
  Failures failures() const noexcept { return failures_; }

 private:
  Failures failures_ = Failures::nested;
};

/// What parameters may be. The defaults are those of Event Grid.
struct RouteRules {
  std::uint32_t most_events = 100;
  std::uint32_t least_wait_s = 10;
  std::uint32_t most_wait_s = 120;
  std::uint32_t usual_wait_s = 60;  ///< where a request does not say
  bool any_release_delay = false;   ///< instead of 0, 10, 60, 600 and 3600
  std::uint32_t most_release_delay_s = 3600;
};

struct Target {
  std::string_view method;
  std::string_view path;   ///< below where the service is mounted
  std::string_view query;  ///< behind '?', as sent
  bool decoded = true;     ///< the path is without percent-encoding already, as trellis::Request has it
};

struct Route {
  Operation operation = Operation::publish;
  std::string topic;         ///< empty with basic only; case as sent: names are compared without it
  std::string subscription;  ///< empty with publish
  ApiVersion version;
  bool basic = false;       ///< "/api/events" of Event Grid's basic tier; operation is publish
  std::string dead_letter;  ///< the name of the file, with show_dead_letter; empty with redrive_dead_letters: all
  std::uint32_t dead_letter_index = 0;  ///< in that file
  std::string marker;                   ///< where a page of list_dead_letters begins; as sent
  std::uint32_t max_events = 1;
  std::uint32_t max_wait_s = 60;
  std::uint32_t release_delay_s = 0;
};

/// Nothing where the route is good. Parameters that the operation does not have are not looked at. Whether topic and
/// subscription exist is the caller's to say.
std::optional<Problem> parse_route(const Target& target, const RouteRules& rules, Route& route);

}  // namespace events
