#include "common/event_template/event_template.hpp"

#include <algorithm>
#include <trellis/json.hpp>

namespace event_template {
namespace {

using trellis::fail;

bool is_attribute_name(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

}  // namespace

trellis::Result<EventTemplate> EventTemplate::parse(std::string_view text) {
  if (text.empty() || text.size() > kMostBytes) {
    return fail("has " + std::to_string(text.size()) + " bytes; expected 1 to " + std::to_string(kMostBytes));
  }
  EventTemplate out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string& literal = out.places_.empty() ? out.front_ : out.places_.back().behind;
    const char c = text[at];
    if (c != '{' && c != '}') {
      literal += c;
    } else if (text.substr(at + 1, 1) == std::string_view(&c, 1)) {
      literal += c;
      ++at;
    } else {
      const std::size_t end = text.find('}', at);
      if (c == '}' || end == std::string_view::npos) {
        return fail("found a single '" + std::string(1, c) + "' at byte " + std::to_string(at) +
                    ", expected {attribute}; a brace itself is doubled");
      }
      const std::string_view inside = text.substr(at + 1, end - at - 1);
      const std::size_t bar = inside.find('|');
      const std::string_view name = inside.substr(0, bar);
      if (!is_attribute_name(name)) {
        return fail("found " + trellis::json::quote(name) +
                    ", expected the name of an attribute, of small letters and digits");
      }
      const bool otherwise = bar != std::string_view::npos;
      out.places_.push_back({std::string(name), otherwise, std::string(otherwise ? inside.substr(bar + 1) : ""), {}});
      at = end;
    }
  }
  return out;
}

trellis::Error EventTemplate::missing(const Place& place) {
  return fail("the event has no attribute \"" + place.attribute + "\", which its name there is made of");
}

trellis::Error EventTemplate::too_long() {
  return fail("the name made of the event's attributes is longer than " + std::to_string(kMostBytes) + " bytes");
}

}  // namespace event_template
