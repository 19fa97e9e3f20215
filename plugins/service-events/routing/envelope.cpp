#include "envelope.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/events/parts.hpp"
#include "common/events/rules.hpp"
#include "common/events/text.hpp"
#include "common/stamp/utc_time.hpp"
#include "common/stamp/uuid.hpp"
#include "dead_letters/members.hpp"

namespace events_service {
namespace {

constexpr std::string_view kStructured = "application/cloudevents+json";
constexpr std::string_view kOfCloudEvents = "application/cloudevents";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kBytes = "application/octet-stream";

// The media type, without parameters and in small letters.
std::string media_type(std::string_view text) {
  std::string out(text.substr(0, text.find(';')));
  while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    char32_t code = 0;
    const std::size_t size = events::decode_utf8(text, at, code);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

// What an attribute may have: MQTT allows more in topics and content types.
std::string clean(std::string_view text) {
  if (events::is_attribute_text(text)) return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    char32_t code = 0;
    const std::size_t size = events::decode_utf8(text, at, code);
    const std::string_view one = text.substr(at, std::max<std::size_t>(size, 1));
    out.append(size > 0 && events::is_attribute_text(one) ? one : std::string_view("\xEF\xBF\xBD"));
    at += one.size();
  }
  return out;
}

std::string_view trimmed(std::string_view json) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = json.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return json.substr(begin, json.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

const events::Event* Envelope::wrap(const EnrichmentFacts& facts, const Enrichments& enrichments) {
  if (!take(facts)) return nullptr;
  if (!enrichments.empty() && !enrich(facts, enrichments)) {
    // Better without them than lost: it was taken, and the publisher was told so.
    const std::string why = std::exchange(problem_, {});
    if (!take(facts)) return nullptr;
    problem_ = why;
  }
  return &intake_.events().front();
}

bool Envelope::take(const EnrichmentFacts& facts) {
  const bool taken = take_structured(facts.message) || take_binary(facts.message) || make(facts);
  if (taken && intake_.events().size() == 1) problem_.clear();
  return taken && intake_.events().size() == 1;
}

bool Envelope::accepted(const events::Problem* problem) {
  if (problem != nullptr) problem_ = problem->message;
  return problem == nullptr;
}

bool Envelope::take_structured(const trellis_message& message) {
  return media_type(trellis::text(message.content_type)) == kStructured &&
         accepted(intake_.read_one(trellis::text(message.payload)));
}

// Attributes are user properties; it is read as if it had come by HTTP. Others may stand beside them, and one may be
// there several times: the first of them counts.
bool Envelope::take_binary(const trellis_message& message) {
  const trellis_pair* const begin = message.user_properties;
  const trellis_pair* const end = begin + message.user_property_count;
  const auto named = [](std::string_view name) {
    return [name](const trellis_pair& one) { return trellis::text(one.name) == name; };
  };
  if (std::none_of(begin, end, named("specversion")) || std::none_of(begin, end, named("id"))) return false;
  if (media_type(trellis::text(message.content_type)).starts_with(kOfCloudEvents)) return false;
  values_.clear();
  std::vector<std::array<std::size_t, 2>> ends;
  for (const trellis_pair* one = begin; one != end; ++one) {
    const std::string_view name = trellis::text(one->name);
    if (!events::is_attribute_name(name) || name.size() > intake_.rules().header_name_bytes) continue;
    if (name == "datacontenttype" || std::find_if(begin, one, named(name)) != one) continue;
    values_.append("ce-").append(name);
    const std::size_t name_end = values_.size();
    events::append_header_value(values_, trellis::text(one->value));
    ends.push_back({name_end, values_.size()});
  }
  std::vector<trellis_pair> headers;
  std::size_t at = 0;
  const std::string_view all = values_;
  for (const auto& [name_end, value_end] : ends) {
    headers.push_back(
        {trellis::view(all.substr(at, name_end - at)), trellis::view(all.substr(name_end, value_end - name_end))});
    at = value_end;
  }
  if ((message.flags & TRELLIS_MESSAGE_HAS_CONTENT_TYPE) != 0)
    headers.push_back({trellis::view("content-type"), message.content_type});
  return accepted(intake_.read({headers.data(), headers.size()}, trellis::text(message.payload)));
}

// JSON where the message says that it is text, or else base64.
bool Envelope::make(const EnrichmentFacts& facts) {
  const trellis_message& message = facts.message;
  const std::string_view given = trellis::text(message.content_type);
  const std::string_view type = events::is_media_type(given) ? given : std::string_view{};
  const std::string_view payload = trellis::text(message.payload);
  std::string head = R"({"specversion":"1.0","id":")";
  common::append_uuid(head);
  head.append(R"(","time":")").append(common::write_utc(message.published_at_ms));
  head.append(R"(","type":"MQTT.EventPublished","source":)");
  events::append_json_text(head, facts.name_space);
  head.append(R"(,"subject":)");
  events::append_json_text(head, clean(trellis::text(message.topic)));
  const auto write = [&](std::string_view content_type, std::string_view name, std::string_view data) {
    text_ = head;
    text_.append(R"(,"datacontenttype":)");
    events::append_json_text(text_, content_type);
    text_.append(name).append(data).append("}");
    return accepted(intake_.read_one(text_));
  };
  const bool text = (message.flags & TRELLIS_MESSAGE_TEXT) != 0 || media_type(type) == kJson;
  if (text && is_utf8(payload)) {
    // It has to be one value, and not one with more members behind it.
    if (!payload.empty() && write(type.empty() ? kJson : type, R"(,"data":)", payload) &&
        intake_.events().size() == 1 && trimmed(intake_.events().front().data) == trimmed(payload))
      return true;
    std::string quoted;
    events::append_json_text(quoted, payload);
    if (write(type.empty() ? "text/plain" : type, R"(,"data":)", quoted)) return true;
  }
  std::string encoded(events::base64_size(payload.size()) + 2, '"');
  events::write_base64(payload, encoded.data() + 1);
  return write(type.empty() ? kBytes : type, R"(,"data_base64":)", encoded);
}

bool Envelope::enrich(const EnrichmentFacts& facts, const Enrichments& enrichments) {
  auto enriched = with_members(intake_.events().front().json, enrichments.keys(), enrichments.members(facts));
  if (!enriched) return false;
  text_ = std::move(*enriched);
  return accepted(intake_.read_one(text_));
}

}  // namespace events_service
