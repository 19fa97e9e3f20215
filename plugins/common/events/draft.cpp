#include "common/events/draft.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "common/events/rules.hpp"
#include "common/events/text.hpp"

namespace events {
namespace {

using Kind = Draft::Kind;

// An attribute that CloudEvents defines.
struct Known {
  std::string_view name;
  std::string_view Event::*place;
  bool (*holds)(std::string_view) noexcept;
  std::string_view expected;
};

bool is_version(std::string_view text) noexcept { return text == "1.0"; }
bool is_some_text(std::string_view text) noexcept { return !text.empty(); }

constexpr std::string_view kText = "a text that is not empty";
constexpr std::array<Known, 8> kKnown{{
    {"specversion", &Event::specversion, is_version, "\"1.0\""},
    {"id", &Event::id, is_some_text, kText},
    {"source", &Event::source, is_uri_reference, "a URI reference such as \"/shop\" (RFC 3986)"},
    {"type", &Event::type, is_some_text, kText},
    {"time", &Event::time, is_timestamp, "a timestamp with a zone such as \"2026-01-02T03:04:05Z\" (RFC 3339)"},
    {"subject", &Event::subject, is_some_text, kText},
    {"dataschema", &Event::dataschema, is_uri, "an absolute URI"},
    {"datacontenttype", &Event::datacontenttype, is_media_type, "a media type such as \"application/json\""},
}};
constexpr std::size_t kRequired = 4;

std::size_t known_index(std::string_view name) noexcept {
  std::size_t index = 0;
  while (index < kKnown.size() && kKnown[index].name != name) ++index;
  return index;
}

std::uint64_t bit_of(std::string_view name) noexcept {
  const auto first = static_cast<unsigned char>(name.front());
  const auto last = static_cast<unsigned char>(name.back());
  return std::uint64_t{1} << ((name.size() * 31 + first * 5U + last) % 64);
}

}  // namespace

void Taken::begin() {
  static constexpr std::size_t kKeptAttributes = std::size_t{1} << 16U;
  arena.begin();
  events.clear();
  attributes.clear();
  first_attributes.clear();
  if (attributes.capacity() > kKeptAttributes) attributes.shrink_to_fit();
}

void Taken::settle() {
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::size_t end = i + 1 < events.size() ? first_attributes[i + 1] : attributes.size();
    events[i].attributes = {attributes.data() + first_attributes[i], end - first_attributes[i]};
  }
}

std::string place_of(Mode mode, std::string_view attribute) {
  if (mode != Mode::binary) return "attribute '" + shown(attribute) + '\'';
  if (attribute == "datacontenttype") return "header 'content-type'";
  return "header 'ce-" + shown(attribute) + '\'';
}

char* room_for_json(Arena& arena, std::size_t bytes) {
  char* const room = arena.room(bytes + kReadable);
  std::memset(room + bytes, ' ', kReadable);
  return room;
}

Draft::Draft(Taken& taken) : taken_(taken), first_(taken.attributes.size()) {
  taken.first_attributes.push_back(first_);
  taken.events.emplace_back();
}

bool Draft::attribute(std::string_view name, Kind kind, std::string_view meant, std::string_view token) {
  const std::size_t index = known_index(name);
  return index < kKnown.size() ? known(index, kind, meant, token) : extension(name, kind, meant, token);
}

bool Draft::known(std::size_t index, Kind kind, std::string_view meant, std::string_view token) {
  const Known& it = kKnown[index];
  if ((seen_ & 1U << index) != 0) return wrong(it.name, "it twice", "it once");
  seen_ |= 1U << index;
  if (kind == Kind::null) return true;
  if (kind != Kind::text) return wrong(it.name, in_quotes(token), it.expected);
  if (!it.holds(meant)) return wrong(it.name, in_quotes(meant), it.expected);
  if (!is_attribute_text(meant)) return wrong(it.name, in_quotes(meant), "UTF-8 without control characters");
  event().*it.place = meant;
  return keep(it.name, token);
}

bool Draft::extension(std::string_view name, Kind kind, std::string_view meant, std::string_view token) {
  if (!is_attribute_name(name)) {
    return refuse(400,
                  "attribute " + in_quotes(name) + ": expected a name of small letters and digits, and not \"data\"",
                  shown(name));
  }
  const std::uint64_t bit = bit_of(name);
  if ((extensions_ & bit) != 0) {
    for (std::size_t i = 0; i < size(); ++i) {
      if (trellis::text(begin()[i].name) == name) return wrong(name, "it twice", "it once");
    }
  }
  if (kind == Kind::null) return true;
  extensions_ |= bit;
  if (kind == Kind::number && !is_integer(token)) {
    return wrong(name, in_quotes(token), "a text, true, false, or a whole number of 32 bits");
  }
  if (kind == Kind::text && !is_attribute_text(meant)) {
    return wrong(name, in_quotes(meant), "UTF-8 without control characters");
  }
  has_trace_ |= name == "traceparent" || name == "tracestate";
  return keep(name, token);
}

bool Draft::keep(std::string_view name, std::string_view token) {
  if (size() >= taken_.rules.attributes) {
    return refuse(400, "expected at most " + std::to_string(taken_.rules.attributes) + " attributes");
  }
  taken_.attributes.push_back({trellis::view(name), trellis::view(token)});
  return true;
}

bool Draft::complete() {
  for (std::size_t i = 0; i < kRequired; ++i) {
    if ((event().*kKnown[i].place).empty()) return wrong(kKnown[i].name, "none", kKnown[i].expected);
  }
  return true;
}

bool Draft::wrong(std::string_view name, const std::string& found, std::string_view expected) {
  const std::string place = place_of(taken_.mode, name);
  return refuse(400, place + ": found " + found + ", expected " + std::string(expected), shown(name));
}

bool Draft::refuse(std::uint32_t status, const std::string& sentence, std::string target) {
  const std::size_t index = taken_.events.size() - 1;
  const std::string who = taken_.mode == Mode::batch ? "event " + std::to_string(index) : std::string("the event");
  taken_.problem = problem(status, who + ": " + sentence, std::move(target));
  taken_.problem.event = index;
  return false;
}

bool Draft::refuse_size(std::size_t bytes) {
  const std::string most = std::to_string(taken_.rules.event_bytes);
  refuse(taken_.rules.too_large_status, "found " + std::to_string(bytes) + " bytes, expected at most " + most);
  taken_.problem.code = code_of(413);
  return false;
}

}  // namespace events
