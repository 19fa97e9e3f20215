/// An event in its parts, for delivering it in binary mode: by MQTT as user properties and payload, by HTTP as headers
/// and body.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <trellis/view.hpp>
#include <vector>

#include "common/events/arena.hpp"
#include "common/events/event.hpp"

namespace events {

/// Takes events apart, one after the other into the same memory: of one thread.
class Parts {
 public:
  /// What views there are live as long as the event, and until the next take().
  void take(const Event& event);

  /// All but datacontenttype, each with its canonical text: "5" where JSON has 5. A header's name is "ce-" before it,
  /// its value what append_header_value() makes of this one; a user property has both as they are.
  trellis::Pairs attributes() const noexcept { return {attributes_.data(), attributes_.size()}; }
  /// What datacontenttype says. Without it, application/json of an event with `data`, and nothing of one without.
  std::optional<std::string_view> content_type() const noexcept { return content_type_; }
  /// The bytes: of data_base64 decoded; of a text whose content type is not of JSON what it says; else the JSON.
  std::string_view data() const noexcept { return data_; }

 private:
  std::string_view meant(std::string_view token);

  Arena arena_;
  std::vector<trellis_pair> attributes_;
  std::optional<std::string_view> content_type_;
  std::string_view data_;
};

/// The value as a header in binary mode has it: blanks, quotes, '%' and all beyond visible ASCII percent-encoded.
void append_header_value(std::string& out, std::string_view value);

}  // namespace events
