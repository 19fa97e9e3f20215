// One event of the broker's own, as a CloudEvent and as the topic it is published on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace system_events {

struct Event {
  std::string name_space;
  std::string type;
  std::string subject;
  std::string data;  // a JSON object
  std::int64_t unix_ms = 0;
};

/// The JSON format of CloudEvents 1.0, with an id of its own. source: empty is the namespace.
std::string cloud_event(const Event& event, std::string_view source);

/// The prefix and the subject below it. What would be a further level or a wildcard within a name is written %2F, %2B,
/// %23, and % is %25.
std::string topic_of(std::string_view prefix, std::string_view subject);

/// A name as one part of a subject: with its slashes as %2F, so that who reads the subject can take it apart.
std::string part(std::string_view name);

/// {"key":"value",…}: members one by one.
class Members {
 public:
  Members& text(std::string_view name, std::string_view value);
  Members& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  /// JSON as it is.
  Members& raw(std::string_view name, std::string_view json);
  std::string object() const { return json_ + '}'; }

 private:
  std::string json_ = "{";
};

}  // namespace system_events
