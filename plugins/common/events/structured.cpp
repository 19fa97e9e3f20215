// Events in JSON: one, or an array of them.
#include <cstring>

#include "common/cloud_event/json_text.hpp"
#include "common/cloud_event/scratch.hpp"
#include "common/events/draft.hpp"
#include "common/events/json.hpp"
#include "common/events/text.hpp"

namespace events {
namespace {

using simdjson::SUCCESS;
using simdjson::ondemand::array;
using simdjson::ondemand::document;
using simdjson::ondemand::field;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

// How a sentence calls what begins with that letter.
std::string kind_of(std::string_view token) {
  switch (token.empty() ? '\0' : token.front()) {
    case '{':
      return "an object";
    case '[':
      return "an array";
    case '"':
      return "a text";
    default:
      return in_quotes(token);
  }
}

/// The parser may read a copy; all that is kept of it are places in the body.
class Reader {
 public:
  Reader(Taken& taken, std::string_view body, std::size_t readable)
      : taken_(taken),
        body_(body),
        readable_(readable),
        text_(cloud_event::Scratch::of_this_thread().padded(body, readable)),
        walk_(text_, taken.rules.depth) {}

  bool read();

 private:
  bool batch();
  bool event(const char* begin, object members);
  bool member(Draft& draft, std::string_view name, value value);
  bool data(Draft& draft, value value);
  bool attribute(Draft& draft, std::string_view name, std::string_view token);
  bool name_of(field& found, std::string_view& name);
  void adorn(Draft& draft);
  bool broken(std::string_view why = {});
  bool at_end() { return document_.current_location().error() == simdjson::OUT_OF_BOUNDS; }

  // Where the last value ends: the next token follows it, blanks between them.
  std::string_view until_here(const char* begin) {
    const char* here = nullptr;
    if (document_.current_location().get(here) != SUCCESS) here = text_.data() + text_.size();
    return cloud_event::trim({begin, static_cast<std::size_t>(here - begin)});
  }
  std::string_view in_body(std::string_view part) const noexcept {
    return {body_.data() + (part.data() - text_.data()), part.size()};
  }
  std::size_t readable_behind(std::string_view part) const noexcept {
    return static_cast<std::size_t>(body_.data() + body_.size() - (part.data() + part.size())) + readable_;
  }

  Taken& taken_;
  std::string_view body_;
  std::size_t readable_;
  std::string_view text_;
  JsonWalk walk_;
  document document_;
};

bool Reader::read() {
  const std::string_view bare = cloud_event::trim(text_);
  const bool is_batch = taken_.mode == Mode::batch;
  if (bare.empty() || bare.front() != (is_batch ? '[' : '{')) {
    const std::string found = bare.empty() ? "nothing" : kind_of(bare.substr(0, 1));
    taken_.problem = problem(400, "the body: found " + found + ", expected " +
                                      (is_batch ? "an array of CloudEvents, as its content type says"
                                                : "one CloudEvent in JSON, as its content type says"));
    return false;
  }
  auto& parser = cloud_event::Scratch::of_this_thread().parser_for(text_.size());
  const auto error =
      parser.iterate(text_.data(), text_.size(), text_.size() + simdjson::SIMDJSON_PADDING).get(document_);
  if (error != SUCCESS) return broken(simdjson::error_message(error));
  if (is_batch) return batch();
  object members;
  if (document_.get_object().get(members) != SUCCESS) return broken();
  return event(bare.data(), members);
}

bool Reader::batch() {
  array elements;
  if (document_.get_array().get(elements) != SUCCESS) return broken();
  for (auto entry : elements) {
    value element;
    if (std::move(entry).get(element) != SUCCESS) return broken();
    const std::string_view token = element.raw_json_token();
    const std::size_t index = taken_.events.size();
    if (index >= taken_.rules.events) {
      const std::string most = std::to_string(taken_.rules.events);
      taken_.problem = problem(taken_.rules.too_large_status, "the batch: found more than " + most + " events");
      taken_.problem.code = "QuotaExceeded";
      return false;
    }
    object members;
    if (token.front() != '{') {
      if (!walk_.value(element)) return broken();
      taken_.problem = problem(400, "event " + std::to_string(index) + ": found " + kind_of(cloud_event::trim(token)) +
                                        ", expected a CloudEvent, an object");
      taken_.problem.event = index;
      return false;
    }
    if (element.get_object().get(members) != SUCCESS || !event(token.data(), members)) return broken();
  }
  return at_end() || broken();
}

bool Reader::event(const char* begin, object members) {
  Draft draft(taken_);
  for (auto entry : members) {
    field found;
    std::string_view name;
    if (std::move(entry).get(found) != SUCCESS || !name_of(found, name)) return broken();
    if (!member(draft, name, found.value())) return broken();
  }
  if (taken_.mode == Mode::structured && !at_end()) return broken();
  Event& event = draft.event();
  event.json = in_body(until_here(begin));
  event.readable = readable_behind(event.json);
  if (event.json.size() > taken_.rules.event_bytes) return draft.refuse_size(event.json.size());
  if (!draft.complete()) return false;
  if (draft.takes_trace()) adorn(draft);
  return true;
}

bool Reader::member(Draft& draft, std::string_view name, value value) {
  if (name == "data") return data(draft, value);
  const std::string_view token = cloud_event::trim(value.raw_json_token());
  if (token.empty()) return broken();
  if (token.front() == '{' || token.front() == '[') {
    if (!walk_.value(value)) return broken();
    return draft.wrong(name, kind_of(token), "a text, true, false, or a whole number");
  }
  if (!walk_.value(value)) return broken();
  if (name != "data_base64") return attribute(draft, name, token);
  Event& event = draft.event();
  if (!event.data_base64.empty()) return draft.wrong(name, "it twice", "it once");
  if (!event.data.empty()) return draft.wrong(name, "it beside data", "one of the two");
  std::string_view text = token.substr(1, token.size() < 2 ? 0 : token.size() - 2);
  if (token.front() == '"' && text.find('\\') != std::string_view::npos) {
    text = cloud_event::unescape(text, taken_.arena.room(text.size())).value_or(text);
  }
  if (token.front() != '"' || !is_base64(text)) {
    return draft.wrong(name, token.front() == '"' ? "a text that is none" : in_quotes(token),
                       "base64 with its padding");
  }
  event.data_base64 = in_body(token);
  return true;
}

bool Reader::data(Draft& draft, value value) {
  Event& event = draft.event();
  const char* const begin = value.raw_json_token().data();
  const std::string_view token = cloud_event::trim(value.raw_json_token());
  if (!walk_.value(value)) return broken();
  if (!event.data.empty()) return draft.wrong("data", "it twice", "it once");
  if (!event.data_base64.empty()) return draft.wrong("data", "it beside data_base64", "one of the two");
  const bool container = token.front() == '{' || token.front() == '[';
  event.data = in_body(container ? until_here(begin) : token);
  event.data_readable = readable_behind(event.data);
  return true;
}

// The walk has been over the token: it is a scalar.
bool Reader::attribute(Draft& draft, std::string_view name, std::string_view token) {
  using Kind = Draft::Kind;
  const std::string_view kept = in_body(token);
  if (token.front() != '"') {
    const Kind kind = token == "null"                                ? Kind::null
                      : token.front() == 't' || token.front() == 'f' ? Kind::boolean
                                                                     : Kind::number;
    return draft.attribute(name, kind, kept, kept);
  }
  const std::string_view raw = kept.substr(1, kept.size() - 2);
  if (raw.find('\\') == std::string_view::npos) return draft.attribute(name, Kind::text, raw, kept);
  const auto meant = cloud_event::unescape(raw, taken_.arena.room(raw.size()));
  return meant ? draft.attribute(name, Kind::text, *meant, kept) : broken();
}

bool Reader::name_of(field& found, std::string_view& name) {
  std::string_view raw;
  if (!walk_.name(found, raw)) return false;
  name = in_body(raw);
  if (raw.find('\\') != std::string_view::npos) {
    const auto meant = cloud_event::unescape(raw, taken_.arena.room(raw.size()));
    if (!meant) return false;
    name = *meant;
  }
  return true;
}

// Behind the last member, so that all that the publisher wrote stays where it was.
void Reader::adorn(Draft& draft) {
  Event& event = draft.event();
  const Trace& trace = taken_.trace;
  const std::string_view bare = event.json.substr(0, event.json.size() - 1);
  const bool state = !trace.state.empty();
  const std::size_t size = bare.size() + 64 + trace.parent.size() + (state ? json_text_size(trace.state) : 0);
  char* const begin = room_for_json(taken_.arena, size);
  char* at = begin;
  const auto write = [&](std::string_view part) {
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  };
  const auto write_attribute = [&](std::string_view name, std::string_view text) {
    write(",\"");
    write(name);
    write("\":");
    char* const token = at;
    at = write_json_text(text, at);
    taken_.attributes.push_back({trellis::view(name), {token, static_cast<std::size_t>(at - token)}});
  };
  write(bare);
  write_attribute("traceparent", trace.parent);
  if (state) write_attribute("tracestate", trace.state);
  write("}");
  event.json = {begin, static_cast<std::size_t>(at - begin)};
  event.readable = kReadable;
  event.origin = Event::Origin::adorned;
}

// Unless something else was found wrong already.
bool Reader::broken(std::string_view why) {
  if (!taken_.problem.message.empty()) return false;
  std::string sentence = "the body is not JSON";
  if (!why.empty()) sentence.append(": ").append(why);
  if (walk_.at() != nullptr) sentence += ": broken at or behind byte " + std::to_string(walk_.at() - text_.data());
  taken_.problem = problem(400, std::move(sentence));
  if (!taken_.events.empty()) taken_.problem.event = taken_.events.size() - 1;
  return false;
}

}  // namespace

bool read_structured(Taken& taken, std::string_view body, std::size_t readable) {
  static constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  return Reader(taken, body, readable).read();
}

}  // namespace events
