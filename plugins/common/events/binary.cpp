// An event in binary mode: attributes in headers, data in the body.
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common/cloud_event/json_text.hpp"
#include "common/cloud_event/scratch.hpp"
#include "common/events/draft.hpp"
#include "common/events/json.hpp"
#include "common/events/text.hpp"

namespace events {
namespace {

constexpr std::string_view kPrefix = "ce-";

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins(std::string_view text, std::string_view front) noexcept {
  return text.size() >= front.size() &&
         std::ranges::equal(text.substr(0, front.size()), front, [](char a, char b) { return lower(a) == b; });
}

bool is_json(std::string_view body, std::size_t readable, std::size_t depth) {
  const std::string_view bare = cloud_event::trim(body);
  if (bare.empty()) return false;
  if (bare.front() != '{' && bare.front() != '[') {
    const bool control = std::ranges::any_of(bare, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    return !control && simdjson::validate_utf8(bare.data(), bare.size()) && is_json_scalar(bare);
  }
  auto& scratch = cloud_event::Scratch::of_this_thread();
  const std::string_view text = scratch.padded(body, readable);
  simdjson::ondemand::document document;
  simdjson::ondemand::value value;
  const std::size_t allocated = text.size() + simdjson::SIMDJSON_PADDING;
  auto& parser = scratch.parser_for(text.size());
  if (parser.iterate(text.data(), text.size(), allocated).get(document) != simdjson::SUCCESS) return false;
  if (document.get_value().get(value) != simdjson::SUCCESS) return false;
  return JsonWalk(text, depth).value(value) && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

class Reader {
 public:
  Reader(Taken& taken, trellis::Pairs headers, std::string_view body, std::size_t readable)
      : taken_(taken), headers_(headers), body_(body), readable_(readable), draft_(taken) {}

  bool read();

 private:
  enum class Data : std::uint8_t { none, json, text, base64 };

  bool header(std::string_view name, std::string_view value);
  bool content_type(std::string_view value);
  void take_trace();
  Data data_as() const;
  void encode();
  void write(std::string_view part) {
    std::memcpy(at_, part.data(), part.size());
    at_ += part.size();
  }
  void write_attribute(trellis_pair& pair);
  void write_data(Data as);

  Taken& taken_;
  trellis::Pairs headers_;
  std::string_view body_;
  std::size_t readable_;
  Draft draft_;
  std::size_t bytes_ = 0;  // of attributes
  char* at_ = nullptr;
};

bool Reader::read() {
  for (const auto& [name, value] : headers_) {
    if (begins(name, kPrefix) && !header(name.substr(kPrefix.size()), value)) return false;
  }
  const auto type = std::ranges::find_if(headers_.begin(), headers_.end(), [](const trellis::Pair& header) {
    return header.name.size() == 12 && begins(header.name, "content-type");
  });
  if (type != headers_.end() && !(*type).value.empty() && !content_type((*type).value)) return false;
  if (!draft_.complete()) return false;
  if (bytes_ + body_.size() > taken_.rules.event_bytes) return draft_.refuse_size(bytes_ + body_.size());
  take_trace();
  encode();
  return true;
}

bool Reader::header(std::string_view name, std::string_view value) {
  const std::size_t most = taken_.rules.header_name_bytes;
  if (name.size() > most) {
    return draft_.refuse(400,
                         "header " + in_quotes("ce-" + std::string(name)) + ": expected a name of at most " +
                             std::to_string(most) + " letters behind \"ce-\"",
                         shown(name));
  }
  if (std::ranges::any_of(name, [](char c) { return lower(c) != c; })) {
    char* const room = taken_.arena.room(name.size());
    std::ranges::transform(name, room, lower);
    name = {room, name.size()};
  }
  if (name == "datacontenttype") {
    return draft_.refuse(400, "header 'ce-datacontenttype': expected none, for 'content-type' says it", shown(name));
  }
  const bool plain = value.find_first_of("%\"") == std::string_view::npos;
  const std::string_view meant = plain ? value : decode_header_value(value, taken_.arena.room(value.size()));
  bytes_ += name.size() + meant.size();
  return draft_.attribute(name, Draft::Kind::text, meant, meant);
}

bool Reader::content_type(std::string_view value) {
  bytes_ += value.size();
  return draft_.attribute("datacontenttype", Draft::Kind::text, value, value);
}

void Reader::take_trace() {
  if (!draft_.takes_trace()) return;
  const Trace& trace = taken_.trace;
  taken_.attributes.push_back({trellis::view("traceparent"), trellis::view(trace.parent)});
  if (!trace.state.empty()) taken_.attributes.push_back({trellis::view("tracestate"), trellis::view(trace.state)});
}

Reader::Data Reader::data_as() const {
  if (body_.empty()) return Data::none;
  const std::string_view type = taken_.events.back().datacontenttype;
  if (type.empty()) return Data::base64;
  if (cloud_event::is_json_type(type)) {
    return is_json(body_, readable_, taken_.rules.depth) ? Data::json : Data::base64;
  }
  const bool text = taken_.rules.text_as_text && cloud_event::is_text_type(type);
  return text && simdjson::validate_utf8(body_.data(), body_.size()) ? Data::text : Data::base64;
}

// Those that have to be there first, the content type last, before the data it is of.
int rank(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 4> kFirst{"specversion", "id", "source", "type"};
  const auto found = std::ranges::find(kFirst, name);
  if (found != kFirst.end()) return static_cast<int>(found - kFirst.begin());
  return name == "datacontenttype" ? 6 : 5;
}

void Reader::encode() {
  const Data as = data_as();
  trellis_pair* const pairs = draft_.begin();
  const std::size_t count = draft_.size();
  // By insertion, which keeps the order of equals and needs no memory; few attributes are out of place.
  for (std::size_t i = 1; i < count; ++i) {
    const trellis_pair moved = pairs[i];
    std::size_t to = i;
    for (; to > 0 && rank(trellis::text(pairs[to - 1].name)) > rank(trellis::text(moved.name)); --to)
      pairs[to] = pairs[to - 1];
    pairs[to] = moved;
  }
  std::size_t size = 32;  // braces, and the name of the data
  for (std::size_t i = 0; i < count; ++i)
    size += pairs[i].name.size + 4 + json_text_size(trellis::text(pairs[i].value));
  if (as == Data::json) size += body_.size();
  if (as == Data::text) size += json_text_size(body_);
  if (as == Data::base64) size += base64_size(body_.size()) + 2;
  char* const begin = at_ = room_for_json(taken_.arena, size);
  write("{");
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) write(",");
    write_attribute(pairs[i]);
  }
  write_data(as);
  write("}");
  Event& event = draft_.event();
  event.json = {begin, static_cast<std::size_t>(at_ - begin)};
  event.readable = kReadable;
  event.origin = Event::Origin::encoded;
  if (!event.data.empty()) event.data_readable = kReadable;
}

void Reader::write_attribute(trellis_pair& pair) {
  write("\"");
  write(trellis::text(pair.name));
  write("\":");
  char* const token = at_;
  at_ = write_json_text(trellis::text(pair.value), at_);
  pair.value = {token, static_cast<std::size_t>(at_ - token)};
}

void Reader::write_data(Data as) {
  Event& event = draft_.event();
  if (as == Data::none) return;
  write(as == Data::base64 ? ",\"data_base64\":" : ",\"data\":");
  char* const token = at_;
  if (as == Data::json) {
    write(cloud_event::trim(body_));
  } else if (as == Data::text) {
    at_ = write_json_text(body_, at_);
  } else {
    write("\"");
    at_ = write_base64(body_, at_);
    write("\"");
  }
  (as == Data::base64 ? event.data_base64 : event.data) = {token, static_cast<std::size_t>(at_ - token)};
}

}  // namespace

bool read_binary(Taken& taken, trellis::Pairs headers, std::string_view body, std::size_t readable) {
  return Reader(taken, headers, body, readable).read();
}

}  // namespace events
