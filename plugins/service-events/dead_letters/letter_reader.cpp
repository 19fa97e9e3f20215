#include "letter_reader.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <trellis/json.hpp>

#include "common/events/json.hpp"
#include "common/events/text.hpp"
#include "members.hpp"

namespace events_service {
namespace {

constexpr std::size_t kLeastMostBytes = std::size_t{64} << 20U;
constexpr std::size_t kGrowth = 2;  // events in base64 are longer than what was published, and letters than events
constexpr std::array<std::string_view, 5> kDigest{"id", "source", "type", "subject", "time"};
constexpr std::array<std::string_view, 5> kProperties{"deadletterreason", "deliveryattempts", "deliveryresult",
                                                      "publishutc", "deliveryattemptutc"};

events::IntakeRules rules_of(events::IntakeRules rules) {
  rules.event_bytes = rules.event_bytes * kGrowth + 4096;
  rules.request_bytes = std::max(rules.request_bytes, rules.event_bytes);
  rules.trace_context = false;
  return rules;
}

// Of an object, those of these names whose values are neither objects nor arrays.
void append_some(std::string& out, std::string_view object, std::span<const std::string_view> names) {
  const auto members = members_of(object);
  out += '{';
  for (const std::string_view name : names) {
    const std::string_view value = members ? value_of(*members, name) : std::string_view();
    if (!events::is_attribute_text(value) || !events::is_json_scalar(value)) continue;
    if (out.back() != '{') out += ',';
    out.append("\"").append(name).append("\":").append(value);
  }
  out += '}';
}

void append_head(std::string& out, std::string_view id, std::size_t index) {
  out.append("{\"id\":\"").append(id).append("\",\"index\":").append(std::to_string(index));
}

struct Record {
  std::string_view event;
  std::string_view properties;
};

std::optional<Record> record_of(std::string_view element) {
  const auto members = members_of(element);
  if (!members) return std::nullopt;
  return Record{value_of(*members, "event"), value_of(*members, "deadLetterProperties")};
}

trellis::Error broken(std::string_view id, const std::string& why) {
  return trellis::fail("the file " + std::string(id) + ".json: " + why, trellis::Status::invalid);
}

}  // namespace

LetterReader::LetterReader(const LetterPlace& place, const events::IntakeRules& rules)
    : place_(place),
      intake_(rules_of(rules)),
      most_bytes_(std::max(kLeastMostBytes, rules.event_bytes * kGrowth * 2)) {}

trellis::Result<std::string> LetterReader::read(std::string_view folder, std::string_view id) {
  return place_.read(folder, id, most_bytes_);
}

std::optional<std::string> LetterReader::why_no_event(std::string_view json) {
  const events::Problem* const wrong = json.empty() ? nullptr : intake_.read_one(json);
  if (json.empty()) return "it has no member \"event\"";
  return wrong == nullptr ? std::nullopt : std::optional(wrong->message);
}

trellis::Result<std::string> LetterReader::list(std::string_view folder, const Page& page) {
  std::string out = "{\"value\":[";
  std::string marker;
  std::uint32_t count = 0;
  bool more = false;
  const auto add = [&](const std::string& id, std::size_t index) {
    more = count == page.most;
    if (more) return false;
    if (count++ > 0) out += ',';
    append_head(out, id, index);
    marker = id + '/' + std::to_string(index);
    return true;
  };
  const auto walked = place_.for_each(folder, page.from, [&](const std::string& id) {
    const auto text = read(folder, id);
    const auto elements = text ? elements_of(text.value()) : std::nullopt;
    if (!elements) {
      if (id == page.from) return true;  // the page before had it
      if (!add(id, 0)) return false;
      const std::string why = text ? "it is no array of JSON" : text.error().text;
      out.append(",\"error\":").append(trellis::json::quote(why)).append("}");
      return true;
    }
    for (std::size_t index = id == page.from ? page.behind : 0; index < elements->size(); ++index) {
      if (!add(id, index)) return false;
      const Record record = record_of((*elements)[index]).value_or(Record{});
      out.append(",\"event\":");
      append_some(out, record.event, kDigest);
      out.append(",\"deadLetterProperties\":");
      append_some(out, record.properties, kProperties);
      out += '}';
    }
    return true;
  });
  if (!walked) return walked.error();
  out += ']';
  if (more) out.append(",\"marker\":\"").append(marker).append("\"");
  return out + '}';
}

trellis::Result<std::string> LetterReader::show(std::string_view folder, std::string_view id, std::uint32_t index) {
  const auto text = read(folder, id);
  if (!text) return text.error();
  const auto elements = elements_of(text.value());
  if (!elements) return broken(id, "it is no array of JSON");
  if (index >= elements->size()) {
    return trellis::fail("the file has " + std::to_string(elements->size()) + " dead letters, counted from 0",
                         trellis::Status::no_match);
  }
  const Record record = record_of((*elements)[index]).value_or(Record{});
  if (const auto why = why_no_event(record.event)) return broken(id, "element " + std::to_string(index) + ": " + *why);
  std::string out;
  append_head(out, id, index);
  out.append(",\"event\":").append(record.event).append(",\"deadLetterProperties\":");
  append_some(out, record.properties, kProperties);
  return out + '}';
}

trellis::Result<std::vector<std::string>> LetterReader::events(std::string_view folder, std::string_view id) {
  const auto text = read(folder, id);
  if (!text) return text.error();
  const auto elements = elements_of(text.value());
  if (!elements) return broken(id, "it is no array of JSON");
  std::vector<std::string> events;
  for (const std::string_view element : *elements) {
    const Record record = record_of(element).value_or(Record{});
    if (const auto why = why_no_event(record.event))
      return broken(id, "element " + std::to_string(events.size()) + ": " + *why);
    events.emplace_back(record.event);
  }
  return events;
}

}  // namespace events_service
