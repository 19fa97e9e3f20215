#include "members.hpp"

#include <algorithm>

namespace events_service {
namespace {

constexpr std::size_t kBroken = std::string_view::npos;

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) ++at;
  return at;
}

// Behind the quote that ends the text that begins with the quote at `at`.
std::size_t text_end(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return kBroken;
}

std::size_t scalar_end(std::string_view text, std::size_t at) noexcept {
  const std::size_t begin = at;
  while (at < text.size() && std::string_view(" \n\r\t,:]}[{\"").find(text[at]) == std::string_view::npos) ++at;
  return at == begin ? kBroken : at;
}

std::size_t value_end(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return kBroken;
  if (text[at] == '"') return text_end(text, at);
  if (text[at] != '{' && text[at] != '[') return scalar_end(text, at);
  for (std::size_t depth = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = text_end(text, at);
      if (at == kBroken) return kBroken;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return kBroken;
}

// Calls item(at), which answers where the item ends, for each that stands between these two letters. False where the
// text is broken.
template <class Item>
bool for_each_item(std::string_view text, char open, char close, Item item) {
  std::size_t at = skip_blanks(text, 0);
  if (at >= text.size() || text[at] != open) return false;
  at = skip_blanks(text, at + 1);
  bool first = true;
  while (at < text.size() && !(first && text[at] == close)) {
    first = false;
    at = item(at);
    if (at == kBroken) return false;
    at = skip_blanks(text, at);
    if (at >= text.size() || (text[at] != ',' && text[at] != close)) return false;
    if (text[at] == close) break;
    at = skip_blanks(text, at + 1);
  }
  return at < text.size() && skip_blanks(text, at + 1) == text.size();
}

// Answers its end, or kBroken.
std::size_t read_member(std::string_view object, std::size_t at, Member& member) {
  if (object[at] != '"') return kBroken;
  const std::size_t name_end = text_end(object, at);
  if (name_end == kBroken) return kBroken;
  const std::size_t colon = skip_blanks(object, name_end);
  if (colon >= object.size() || object[colon] != ':') return kBroken;
  const std::size_t begin = skip_blanks(object, colon + 1);
  const std::size_t end = value_end(object, begin);
  if (end != kBroken) member = {object.substr(at + 1, name_end - at - 2), object.substr(begin, end - begin)};
  return end;
}

}  // namespace

std::optional<std::vector<Member>> members_of(std::string_view object) {
  std::vector<Member> members;
  const bool whole = for_each_item(object, '{', '}', [&](std::size_t at) {
    Member member;
    const std::size_t end = read_member(object, at, member);
    if (end != kBroken) members.push_back(member);
    return end;
  });
  if (!whole) return std::nullopt;
  return members;
}

std::optional<std::vector<std::string_view>> elements_of(std::string_view array) {
  std::vector<std::string_view> elements;
  const bool whole = for_each_item(array, '[', ']', [&](std::size_t at) {
    const std::size_t end = value_end(array, at);
    if (end != kBroken) elements.push_back(array.substr(at, end - at));
    return end;
  });
  if (!whole) return std::nullopt;
  return elements;
}

std::string_view value_of(std::span<const Member> members, std::string_view name) noexcept {
  const auto found = std::ranges::find(members, name, &Member::name);
  return found == members.end() ? std::string_view() : found->value;
}

std::string_view member_in(std::string_view object, std::string_view name) {
  std::string_view found;
  for_each_item(object, '{', '}', [&](std::size_t at) {
    Member member;
    const std::size_t end = read_member(object, at, member);
    if (end == kBroken || member.name != name) return end;
    found = member.value;
    return kBroken;  // nobody looks further
  });
  return found;
}

// A member that stays brings along what stands between it and the one before.
std::optional<std::string> with_members(std::string_view object, std::span<const std::string_view> without,
                                        std::string_view more) {
  const auto members = members_of(object);
  if (!members) return std::nullopt;
  const auto end_of = [&](const Member& one) {
    return static_cast<std::size_t>(one.value.data() - object.data()) + one.value.size();
  };
  std::string out;
  out.reserve(object.size() + more.size() + 2);
  std::size_t end = object.find('{') + 1;  // of the one before
  out.append(object.substr(0, end));
  bool empty = true;
  for (const Member& one : *members) {
    const std::size_t next = end_of(one);
    if (std::ranges::find(without, one.name) == without.end()) {
      const auto name = static_cast<std::size_t>(one.name.data() - object.data()) - 1;
      const std::size_t begin = empty && &one != members->data() ? name : end;
      out.append(object.substr(begin, next - begin));
      empty = false;
    }
    end = next;
  }
  if (!more.empty() && !empty) out += ',';
  out.append(more).append(object.substr(end));
  return out;
}

}  // namespace events_service
