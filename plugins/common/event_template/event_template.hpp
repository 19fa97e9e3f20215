// Names with places for attributes of an event: "orders.{type}.{subject|none}".
#pragma once

#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "common/event_template/opened_event.hpp"

namespace event_template {

/// {name} stands for the attribute, {name|text} for it or that text where it is absent; {{ and }} are braces.
class EventTemplate {
 public:
  static constexpr std::size_t kMostBytes = 1024;  ///< of a template, and of what is made with it

  static trellis::Result<EventTemplate> parse(std::string_view text);

  /// The name for this event, or a sentence why there is none. replace(char) is asked about every character of an
  /// attribute, so that it cannot mean more than a part of a name.
  template <class Replace>
  trellis::Result<std::string> fill(const OpenedEvent& event, Replace replace) const {
    std::string out = front_;
    for (const Place& place : places_) {
      const auto value = event.attribute(place.attribute);
      if (!value && !place.has_otherwise) return missing(place);
      for (const char c : value.value_or(place.otherwise)) out += replace(c);
      out += place.behind;
      if (out.size() > kMostBytes) return too_long();
    }
    return out;
  }
  /// What it says before the first attribute; all of it where it has none.
  const std::string& front() const noexcept { return front_; }
  bool fixed() const noexcept { return places_.empty(); }

 private:
  struct Place {
    std::string attribute;
    bool has_otherwise = false;
    std::string otherwise;
    std::string behind;  // what stands before the next
  };
  static trellis::Error missing(const Place& place);
  static trellis::Error too_long();

  std::string front_;
  std::vector<Place> places_;
};

}  // namespace event_template
