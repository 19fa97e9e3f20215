#include "common/cloud_event/reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>

#include "common/cloud_event/fold.hpp"
#include "common/cloud_event/json_text.hpp"
#include "common/cloud_event/scratch.hpp"

namespace cloud_event {
namespace {

using simdjson::ondemand::array;
using simdjson::ondemand::document;
using simdjson::ondemand::field;
using simdjson::ondemand::object;
using Type = Value::Type;
using Node = Keys::Node;

enum Found : std::uint8_t { kNot = 0, kOtherCase = 1, kExactly = 2, kRead = 3 };

/// Functions that answer bool say false where the JSON is broken.
class Reader {
 public:
  Reader(Scratch& scratch, const Event& event, const Keys& keys) : scratch_(scratch), event_(event), keys_(keys) {}

  bool structured();
  bool tokens();
  void binary();
  void plain();

 private:
  bool token(std::string_view name, std::string_view token);
  void attribute(std::string_view name, std::string_view value);
  void data();
  bool data_as_json(const Node& node);
  bool members(object from, const Node& node);
  bool members_of_other_case(object& from, const Node& node);
  std::optional<std::string_view> name_of(field& member, bool top);
  std::string_view small_name(std::string_view name) const;
  bool member(simdjson::ondemand::value value, const Node& node);
  bool list(array from, const Node& node);
  bool ends(std::string_view token, char close) const;
  bool scalar(std::string_view token, const Node& node, Value& into);
  bool quoted(std::string_view token, const Node& node, Value& into);
  void set_text(std::string_view text, const Node& node, Value& into);
  Value& slot(const Node& node) { return scratch_.reading.value(node.slot); }
  static bool has_slot(const Node& node) { return node.slot != Node::kNoSlot; }
  static bool begins_value(char c) { return std::string_view("{[\"-0123456789tfn").find(c) != std::string_view::npos; }

  Scratch& scratch_;
  const Event& event_;
  const Keys& keys_;
  std::string_view text_;  // what the parser reads
};

bool Reader::structured() {
  if (keys_.root().children.empty()) return true;
  text_ = scratch_.padded(event_.bytes(), event_.readable());
  document parsed;
  object root;
  auto& parser = scratch_.parser_for(text_.size());
  const std::size_t allocated = text_.size() + simdjson::SIMDJSON_PADDING;
  if (parser.iterate(text_.data(), text_.size(), allocated).get(parsed) != simdjson::SUCCESS) return false;
  if (parsed.get_object().get(root) != simdjson::SUCCESS) return false;
  return members(root, keys_.root());
}

bool Reader::tokens() {
  const Node* const node = keys_.data();
  if (node != nullptr && !event_.bytes().empty() && !data_as_json(*node)) return false;
  for (const auto& [name, value] : event_.attributes()) {
    if (!token(name, value)) return false;
  }
  return event_.data_base64().empty() || token("data_base64", event_.data_base64());
}

// Names of attributes have no capitals, so there is one of each.
bool Reader::token(std::string_view name, std::string_view token) {
  const Node& root = keys_.root();
  if (name.size() > Path::kMostBytes || (root.lengths & Node::length_bit(name.size())) == 0) return true;
  for (const Keys::Child& child : root.find(name)) {
    const Node& node = keys_.node(child.node);
    if (has_slot(node) && !scalar(token, node, slot(node))) return false;
  }
  return true;
}

void Reader::binary() {
  data();
  for (const auto& [name, value] : event_.attributes()) {
    if (name != "datacontenttype") attribute(name, value);
  }
  if (event_.content_type()) attribute("datacontenttype", *event_.content_type());
}

void Reader::plain() {
  data();
  for (const Keys::Child& child : keys_.root().children) {
    const auto value = event_.plain_attribute(child.name, scratch_.time);
    if (value) attribute(child.name, *value);
  }
}

// Of those that are no JSON. The first of a name counts, one written in small letters before others.
void Reader::attribute(std::string_view name, std::string_view value) {
  const Node& root = keys_.root();
  if (name.size() > Path::kMostBytes || (root.lengths & Node::length_bit(name.size())) == 0) return;
  for (const Keys::Child& child : root.find(small_name(name))) {
    const Node& node = keys_.node(child.node);
    const Found now = child.name == name ? kExactly : kOtherCase;
    std::uint8_t& found = scratch_.found[child.node];
    if (!node.attribute || !has_slot(node) || found >= now) continue;
    found = now;
    set_text(value, node, slot(node));
  }
}

void Reader::data() {
  const Node* const node = keys_.data();
  if (node == nullptr || event_.data() == Event::Data::none) return;
  const bool json = event_.data() != Event::Data::text;
  if (json && data_as_json(*node)) return;
  if (json) {
    scratch_.begin(keys_, event_.bytes().size());  // forget what was read before it turned out to be no JSON
    scratch_.reading.note_broken_data();
  }
  if (event_.data() == Event::Data::json || !has_slot(*node)) return;
  set_text(event_.bytes(), *node, slot(*node));
}

bool Reader::data_as_json(const Node& node) {
  const std::string_view bare = trim(event_.bytes());
  if (bare.empty()) return false;
  if (bare.front() != '{' && bare.front() != '[') {
    // Nothing here has looked at the bytes of a text yet.
    const bool control = std::ranges::any_of(bare, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (control || !simdjson::validate_utf8(bare.data(), bare.size())) return false;
    Value ignored;
    return scalar(bare, node, has_slot(node) ? slot(node) : ignored);
  }
  text_ = scratch_.padded(event_.bytes(), event_.readable());
  document parsed;
  auto& parser = scratch_.parser_for(text_.size());
  const std::size_t allocated = text_.size() + simdjson::SIMDJSON_PADDING;
  if (parser.iterate(text_.data(), text_.size(), allocated).get(parsed) != simdjson::SUCCESS) return false;
  if (has_slot(node)) slot(node).type = bare.front() == '{' ? Type::object : Type::list;
  if (bare.front() == '{') {
    object root;
    return parsed.get_object().get(root) == simdjson::SUCCESS && members(root, node);
  }
  array root;
  return parsed.get_array().get(root) == simdjson::SUCCESS && list(root, node);
}

// The first member of a name counts. One whose name only has other capitals counts where no name is exactly the same,
// so those are read in a second pass, which events from careful publishers do not need.
bool Reader::members(object from, const Node& node) {
  std::size_t missing = node.children.size();
  bool other_case = false;
  for (auto entry : from) {
    field member_found;
    if (std::move(entry).get(member_found) != simdjson::SUCCESS) return false;
    const auto name = name_of(member_found, &node == &keys_.root());
    if (!name || !begins_value(member_found.value().raw_json_token().front())) return false;
    if (name->size() > Path::kMostBytes || (node.lengths & Node::length_bit(name->size())) == 0) continue;
    const Node* exact = nullptr;
    for (const Keys::Child& child : node.find(small_name(*name))) {
      std::uint8_t& found = scratch_.found[child.node];
      if (found == kExactly) continue;
      const bool same = child.name == *name;
      if (same) exact = &keys_.node(child.node);
      found = same ? kExactly : kOtherCase;
      other_case |= !same;
    }
    if (exact == nullptr) continue;
    if (!member(member_found.value(), *exact)) return false;
    if (--missing == 0) return true;
  }
  return !other_case || members_of_other_case(from, node);
}

// One pass each, for a parser does not go back within one.
bool Reader::members_of_other_case(object& from, const Node& node) {
  const bool top = &node == &keys_.root();
  for (const Keys::Child& child : node.children) {
    if (scratch_.found[child.node] != kOtherCase) continue;
    scratch_.found[child.node] = kRead;
    if (from.reset().error() != simdjson::SUCCESS) return false;
    for (auto entry : from) {
      field member_found;
      if (std::move(entry).get(member_found) != simdjson::SUCCESS) return false;
      const auto name = name_of(member_found, top);
      if (!name || name->size() != child.folded.size() || small_name(*name) != child.folded) continue;
      if (!member(member_found.value(), keys_.node(child.node))) return false;
      break;
    }
  }
  return true;
}

// A longer name than any key has is answered cut, so that it is none of them.
std::optional<std::string_view> Reader::name_of(field& member, bool top) {
  const char* const begin = member.key().raw();
  const auto text = quoted_text(begin, text_.data() + text_.size());
  if (!text) return std::nullopt;
  std::string_view name = text->raw;
  if (text->escaped && name.size() <= scratch_.name.size()) {
    const auto meant = unescape(name, scratch_.name.data());
    if (!meant) return std::nullopt;
    name = *meant;
  }
  if (!top || !event_.of_event_grid() || name.size() != 9) return name;
  const std::string_view small = small_name(name);
  if (small == "eventtype") return "type";
  return small == "eventtime" ? "time" : name;
}

// Of a name no longer than those of keys; it may stand where a small name stood before.
std::string_view Reader::small_name(std::string_view name) const {
  if (is_folded(name)) return name;
  fold(name, scratch_.small_name.data());
  return {scratch_.small_name.data(), name.size()};
}

bool Reader::member(simdjson::ondemand::value value, const Node& node) {
  const std::string_view token = value.raw_json_token();
  if (token.front() == '{') {
    if (has_slot(node)) slot(node).type = Type::object;
    object below;
    return node.children.empty() || (value.get_object().get(below) == simdjson::SUCCESS && members(below, node));
  }
  if (token.front() == '[') {
    if (has_slot(node)) slot(node).type = Type::list;
    array below;
    if ((node.wants & Keys::kElements) == 0) return true;
    return value.get_array().get(below) == simdjson::SUCCESS && list(below, node);
  }
  Value ignored;
  return ends(token, '}') && scalar(trim(token), node, has_slot(node) ? slot(node) : ignored);
}

bool Reader::list(array from, const Node& node) {
  const bool wanted = has_slot(node) && (node.wants & Keys::kElements) != 0;
  Value ignored;
  for (auto entry : from) {
    if (entry.error() != simdjson::SUCCESS) return false;
    simdjson::ondemand::value value = entry.value_unsafe();
    const std::string_view token = value.raw_json_token();
    if (token.front() == '{' || token.front() == '[') continue;
    if (!ends(token, ']')) return false;
    if (!scalar(trim(token), node, wanted ? scratch_.reading.append(slot(node)) : ignored)) return false;
  }
  return true;
}

// Whether a comma or that bracket stands behind the token, which the parser would only notice going there.
bool Reader::ends(std::string_view token, char close) const {
  const char* const next = token.data() + token.size();
  return next < text_.data() + text_.size() && (*next == ',' || *next == close);
}

// Whether numbers, true and false have one.
bool has_text(const Node& node) { return node.attribute || (node.wants & Keys::kWritten) != 0; }

bool Reader::scalar(std::string_view token, const Node& node, Value& into) {
  if (token.empty()) return false;
  if (token.front() == '"') return quoted(token, node, into);
  if (token == "null") {
    into.type = Type::null;
    return true;
  }
  if (token == "true" || token == "false") {
    if (has_text(node)) set_text(token, node, into);
    into.type = Type::boolean;
    into.boolean = token == "true";
    return true;
  }
  const auto number = Number::parse(token);
  if (!number) return false;
  if (has_text(node)) set_text(token, node, into);
  into.type = Type::number;
  into.number = *number;
  return true;
}

bool Reader::quoted(std::string_view token, const Node& node, Value& into) {
  const auto text = quoted_text(token.data() + 1, token.data() + token.size());
  if (!text || text->raw.size() + 2 != token.size()) return false;
  std::string_view meant = text->raw;
  if (text->escaped) {
    const auto unescaped = unescape(meant, scratch_.room(meant.size()));
    if (!unescaped) return false;
    meant = *unescaped;
  }
  set_text(meant, node, into);
  return true;
}

void Reader::set_text(std::string_view text, const Node& node, Value& into) {
  into.type = Type::text;
  into.text = text;
  into.small = text;
  if ((node.wants & Keys::kSmall) == 0 || is_folded(text)) return;
  char* const room = scratch_.room(text.size());
  fold(text, room);
  into.small = {room, text.size()};
}

}  // namespace

const Reading* read(const Event& event, const Keys& keys, std::size_t most) noexcept try {
  static_assert(simdjson::SIMDJSON_PADDING <= 64, "what Event::structured() asks for");
  const std::size_t bytes = event.bytes().size();
  if (bytes > most || bytes > kMostEventBytes) return nullptr;
  Scratch& scratch = Scratch::of_this_thread();
  scratch.begin(keys, bytes);
  Reader reader(scratch, event, keys);
  switch (event.form()) {
    case Event::Form::structured:
      if (!reader.structured()) return nullptr;
      break;
    case Event::Form::tokens:
      if (!reader.tokens()) return nullptr;
      break;
    case Event::Form::binary:
      reader.binary();
      break;
    case Event::Form::plain:
      reader.plain();
      break;
  }
  return &scratch.reading;
} catch (const std::exception&) {
  return nullptr;
}

}  // namespace cloud_event
