#include "common/events/json.hpp"

#include <cstdint>

#include "common/cloud_event/json_text.hpp"

namespace events {
namespace {

using simdjson::SUCCESS;
using simdjson::ondemand::array;
using simdjson::ondemand::field;
using simdjson::ondemand::object;

bool read_hex(std::string_view raw, std::size_t at, std::uint32_t& code) noexcept {
  if (raw.size() < at + 4) return false;
  code = 0;
  for (const char c : raw.substr(at, 4)) {
    const char small = static_cast<char>(c | 0x20);
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (small < 'a' || small > 'f')) return false;
    code = code << 4U | static_cast<std::uint32_t>(digit ? c - '0' : small - 'a' + 10);
  }
  return true;
}

// Half a surrogate pair is a letter of JSON, yet many readers refuse the whole document for it.
bool has_good_escapes(std::string_view raw) noexcept {
  for (std::size_t at = raw.find('\\'); at != std::string_view::npos; at = raw.find('\\', at)) {
    if (at + 1 == raw.size()) return false;
    if (raw[at + 1] != 'u') {
      if (std::string_view("\"\\/bfnrt").find(raw[at + 1]) == std::string_view::npos) return false;
      at += 2;
      continue;
    }
    std::uint32_t code = 0;
    if (!read_hex(raw, at + 2, code) || (code >= 0xDC00 && code <= 0xDFFF)) return false;
    at += 6;
    if (code < 0xD800 || code > 0xDBFF) continue;
    if (raw.substr(at, 2) != "\\u" || !read_hex(raw, at + 2, code) || code < 0xDC00 || code > 0xDFFF) return false;
    at += 6;
  }
  return true;
}

bool is_number(std::string_view token) noexcept {
  std::size_t at = token.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < token.size() && token[at] >= '0' && token[at] <= '9') ++at;
    return at - begin;
  };
  const bool zero = at < token.size() && token[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < token.size() && (token[at] | 0x20) == 'e') {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == token.size();
}

}  // namespace

bool is_json_text(std::string_view token) noexcept {
  if (token.size() < 2 || token.front() != '"') return false;
  const auto text = cloud_event::quoted_text(token.data() + 1, token.data() + token.size());
  return text && text->raw.size() + 2 == token.size() && (!text->escaped || has_good_escapes(text->raw));
}

bool is_json_scalar(std::string_view token) noexcept {
  if (token.empty()) return false;
  if (token.front() == '"') return is_json_text(token);
  return token == "true" || token == "false" || token == "null" || is_number(token);
}

bool JsonWalk::name(field& member, std::string_view& raw) {
  at_ = member.key().raw();
  const auto text = cloud_event::quoted_text(at_, end_);
  if (!text || (text->escaped && !has_good_escapes(text->raw))) return false;
  raw = text->raw;
  return true;
}

bool JsonWalk::value(simdjson::ondemand::value value, std::size_t depth) {
  const std::string_view token = value.raw_json_token();
  at_ = token.data();
  if (token.front() == '{') {
    object members;
    if (depth > most_ || value.get_object().get(members) != SUCCESS) return false;
    for (auto entry : members) {
      field member;
      std::string_view ignored;
      if (std::move(entry).get(member) != SUCCESS || !name(member, ignored)) return false;
      if (!this->value(member.value(), depth + 1)) return false;
    }
    return true;
  }
  if (token.front() == '[') {
    array elements;
    if (depth > most_ || value.get_array().get(elements) != SUCCESS) return false;
    for (auto entry : elements) {
      if (entry.error() != SUCCESS) return false;
      if (!this->value(entry.value_unsafe(), depth + 1)) return false;
    }
    return true;
  }
  // The parser takes a text before a colon for another name, and passes over both.
  const char* const next = token.data() + token.size();
  if (next >= end_ || (*next != ',' && *next != '}' && *next != ']')) return false;
  return is_json_scalar(cloud_event::trim(token));
}

}  // namespace events
