#include "basic/conversion.hpp"

#include "common/cloud_event/json_text.hpp"
#include "common/cloud_event/scratch.hpp"
#include "common/events/json.hpp"
#include "common/events/rules.hpp"
#include "common/events/text.hpp"
#include "common/stamp/utc_time.hpp"

namespace events_service {
namespace {

using events::in_quotes;
using events::Problem;
using events::problem;
using simdjson::SUCCESS;
using simdjson::ondemand::value;

constexpr std::size_t kMostDepth = 128;                      // of objects and arrays within each other
constexpr std::size_t kKeptBytes = std::size_t{256} << 10U;  // of memory, from one request to the next
constexpr std::string_view kNames[] = {"id", "source", "type", "time", "subject", "dataversion"};

/// Reads one body.
class Reader {
 public:
  Reader(std::string_view body, const SchemaMapping& mapping, const Stamps& stamps, LetterIds& ids, std::string& out)
      : text_(cloud_event::Scratch::of_this_thread().padded(body, 0)),
        walk_(text_, kMostDepth),
        mapping_(mapping),
        stamps_(stamps),
        ids_(ids),
        out_(out) {}

  std::optional<Problem> read(std::size_t most_events);

 private:
  using Attribute = SchemaMapping::Attribute;

  bool event(value element);
  bool member(simdjson::ondemand::field found);
  bool take(std::size_t attribute, std::string_view token);
  bool write(std::string_view whole);
  bool write_attribute(std::size_t attribute);
  std::string text_of(std::size_t attribute);
  bool broken();
  bool wrong(const std::string& member, const std::string& found, std::string_view expected);

  // Where the last value ends: the next token follows it, blanks between them.
  std::string_view until_here(const char* begin) {
    const char* here = nullptr;
    if (document_.current_location().get(here) != SUCCESS) here = text_.data() + text_.size();
    return cloud_event::trim({begin, static_cast<std::size_t>(here - begin)});
  }

  const std::string_view text_;
  events::JsonWalk walk_;
  const SchemaMapping& mapping_;
  const Stamps& stamps_;
  LetterIds& ids_;
  std::string& out_;
  simdjson::ondemand::document document_;
  std::optional<Problem> problem_;
  std::size_t index_ = 0;  // of the event
  // Of the event, as JSON; empty where it is not there.
  std::array<std::string_view, SchemaMapping::kAttributes> tokens_;
  std::string_view data_;
};

std::optional<Problem> Reader::read(std::size_t most_events) {
  const std::string_view bare = cloud_event::trim(text_);
  if (!bare.starts_with('[')) {
    return problem(400, "the body: found " + (bare.empty() ? "nothing" : in_quotes(bare.substr(0, 1))) +
                            " at its beginning, expected an array of events");
  }
  auto& parser = cloud_event::Scratch::of_this_thread().parser_for(text_.size());
  simdjson::ondemand::array elements;
  if (parser.iterate(text_.data(), text_.size(), text_.size() + simdjson::SIMDJSON_PADDING).get(document_) != SUCCESS ||
      document_.get_array().get(elements) != SUCCESS) {
    broken();
    return problem_;
  }
  out_ = '[';
  for (auto entry : elements) {
    value element;
    if (std::move(entry).get(element) != SUCCESS) {
      broken();
      return problem_;
    }
    if (index_ >= most_events)
      return problem(413, "the batch: found more than " + std::to_string(most_events) + " events");
    if (index_ > 0) out_ += ',';
    if (!event(element)) return problem_;
    ++index_;
  }
  if (document_.current_location().error() != simdjson::OUT_OF_BOUNDS) broken();
  out_ += ']';
  return problem_;
}

bool Reader::event(value element) {
  tokens_ = {};
  data_ = {};
  const char* const begin = element.raw_json_token().data();
  simdjson::ondemand::object members;
  if (*begin != '{') {
    const std::string_view token = cloud_event::trim(element.raw_json_token());
    if (!walk_.value(element)) return broken();
    if (!mapping_.own) return write(*begin == '[' ? until_here(begin) : token);
    problem_ = problem(400, "event " + std::to_string(index_) + ": found " + in_quotes(token) + ", expected an object");
    return false;
  }
  if (element.get_object().get(members) != SUCCESS) return broken();
  for (auto entry : members) {
    simdjson::ondemand::field found;
    if (std::move(entry).get(found) != SUCCESS) return broken();
    if (!member(std::move(found))) return false;
  }
  return write(until_here(begin));
}

bool Reader::member(simdjson::ondemand::field found) {
  std::string_view name;
  if (!walk_.name(found, name)) return broken();
  value value = found.value();
  const char* const begin = value.raw_json_token().data();
  const std::string_view token = cloud_event::trim(value.raw_json_token());
  if (!walk_.value(value)) return broken();
  if (mapping_.own && name == "data") {
    if (!data_.empty()) return wrong("data", "it twice", "it once");
    data_ = token.starts_with('{') || token.starts_with('[') ? until_here(begin) : token;
    return true;
  }
  // One member may be several attributes.
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (!mapping_.fields[i].member.empty() && mapping_.fields[i].member == name && !take(i, token)) return false;
  }
  return true;
}

bool Reader::take(std::size_t attribute, std::string_view token) {
  const std::string& member = mapping_.fields[attribute].member;
  if (!tokens_[attribute].empty()) return wrong(member, "it twice", "it once");
  if (token == "null") return true;
  const bool text = token.starts_with('"');
  const bool scalar = !token.starts_with('{') && !token.starts_with('[');
  if (!text && (mapping_.own || !scalar)) return wrong(member, scalar ? in_quotes(token) : "no text", "a text");
  tokens_[attribute] = token;
  return true;
}

// whole: the event.
bool Reader::write(std::string_view whole) {
  out_ += R"({"specversion":"1.0")";
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (!write_attribute(i)) return false;
  }
  const std::string_view data = mapping_.own ? data_ : whole;
  if (!data.empty()) out_.append(R"(,"data":)").append(data);
  out_ += '}';
  return true;
}

bool Reader::write_attribute(std::size_t attribute) {
  const SchemaMapping::Field& field = mapping_.fields[attribute];
  std::string_view token = tokens_[attribute];
  const bool missing = token.empty();
  const bool filled = attribute == Attribute::source || attribute == Attribute::data_version;
  if (missing && mapping_.own && !filled) return wrong(field.member, "none", "a text");
  if (token == "\"\"") token = {};
  if (token.empty()) {
    const std::string text = text_of(attribute);
    if (text.empty() && mapping_.own && attribute != Attribute::subject && !filled)
      return wrong(field.member, "an empty text", "some");
    if (text.empty()) return true;
    out_.append(",\"").append(kNames[attribute]).append("\":");
    events::append_json_text(out_, text);
    return true;
  }
  const bool text = token.starts_with('"');
  const std::string_view raw = text ? token.substr(1, token.size() - 2) : token;
  const bool plain = raw.find('\\') == std::string_view::npos;  // of others whoever reads the CloudEvent judges
  if (attribute == Attribute::time && plain && !events::is_timestamp(raw))
    return wrong(field.member, in_quotes(raw), "a time with a zone such as \"2026-01-02T03:04:05Z\" (RFC 3339)");
  if (attribute == Attribute::source && plain && !events::is_uri_reference(raw))
    return wrong(field.member, in_quotes(raw), "a URI reference, or none");
  out_.append(",\"").append(kNames[attribute]).append(text ? "\":" : "\":\"").append(token).append(text ? "" : "\"");
  return true;
}

// Of one that the event does not say.
std::string Reader::text_of(std::size_t attribute) {
  const std::string& fallback = mapping_.fields[attribute].fallback;
  if (!fallback.empty()) return fallback;
  if (attribute == Attribute::source) return std::string(stamps_.source);
  if (mapping_.own) return {};
  if (attribute == Attribute::id) return ids_.make(stamps_.unix_ms);
  if (attribute == Attribute::time) return common::write_utc(stamps_.unix_ms);
  return {};
}

bool Reader::broken() {
  std::string sentence = "the body is not JSON";
  if (walk_.at() != nullptr) sentence += ": broken at or behind byte " + std::to_string(walk_.at() - text_.data());
  problem_ = problem(400, std::move(sentence));
  return false;
}

bool Reader::wrong(const std::string& member, const std::string& found, std::string_view expected) {
  problem_ = problem(400,
                     "event " + std::to_string(index_) + ": member '" + member + "': found " + found + ", expected " +
                         std::string(expected),
                     member);
  problem_->event = index_;
  return false;
}

}  // namespace

SchemaMapping SchemaMapping::event_grid() {
  SchemaMapping mapping;
  mapping.own = true;
  mapping.fields[id].member = "id";
  mapping.fields[source].member = "topic";
  mapping.fields[type].member = "eventType";
  mapping.fields[time].member = "eventTime";
  mapping.fields[subject].member = "subject";
  mapping.fields[data_version].member = "dataVersion";
  return mapping;
}

std::optional<Problem> Conversion::read(std::string_view body, const SchemaMapping& mapping, const Stamps& stamps) {
  if (batch_.capacity() > kKeptBytes) std::string().swap(batch_);
  auto problem = Reader(body, mapping, stamps, ids_, batch_).read(most_events_);
  size_ = batch_.size();
  batch_.append(kReadable, ' ');
  return problem;
}

}  // namespace events_service
