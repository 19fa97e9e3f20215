#include "random_events.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string_view>
#include <trellis/json.hpp>

namespace cloud_event::testing {
namespace {

using Kind = Tree::Kind;

constexpr const char* kWords[] = {"a", "A", "ab", "aB", "b", "Ba", "", "ä", "Ä", "äA", "5", "true", "x/y", "X/"};
constexpr const char* kNumbers[] = {"0",
                                    "-0.0",
                                    "1",
                                    "1.0",
                                    "10e-1",
                                    "2",
                                    "2.5",
                                    "-3",
                                    "25e-1",
                                    "1e999",
                                    "9007199254740993",
                                    "9007199254740992",
                                    "9007199254740992.0",
                                    "18446744073709551615",
                                    "18446744073709551616",
                                    "-9223372036854775808"};
constexpr const char* kNames[] = {"k", "K", "kk", "kK", "n"};
constexpr const char* kAttributes[] = {"id", "type", "subject", "source", "ext"};

std::string small(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool umlaut = text[i] == '\xc3' && i + 1 < text.size() && text[i + 1] == '\x84';
    if (umlaut) {
      out += "ä";
      ++i;
    } else {
      out += text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    }
  }
  return out;
}

const Tree* member(const Tree& object, std::string_view name) {
  if (object.kind != Kind::object) return nullptr;
  for (std::size_t i = 0; i < object.names.size(); ++i) {
    if (object.names[i] == name) return &object.items[i];
  }
  for (std::size_t i = 0; i < object.names.size(); ++i) {
    if (small(object.names[i]) == small(name)) return &object.items[i];
  }
  return nullptr;
}

const Tree* find(const Tree& event, std::string key) {
  std::string first = small(key.substr(0, key.find('.')));
  if (small(key) == "eventtype") first = "type";
  if (small(key) == "eventid") first = "id";
  const Tree* at = member(event, first);
  std::size_t dot = key.find('.');
  while (at != nullptr && dot != std::string::npos) {
    key.erase(0, dot + 1);
    dot = key.find('.');
    at = member(*at, key.substr(0, dot));
  }
  return at;
}

bool is(const OneFilter& filter, const char* begin) { return filter.op.starts_with(begin); }
bool has(const OneFilter& filter, const char* part) { return filter.op.find(part) != std::string::npos; }

bool number_compares(const OneFilter& filter, long double n) {
  const auto any = [&](const auto& test) { return std::ranges::any_of(filter.values, test); };
  if (has(filter, "Range"))
    return any([&](const Tree& range) { return range.items[0].number <= n && n <= range.items[1].number; });
  if (filter.op == "NumberIn" || filter.op == "NumberNotIn")
    return any([&](const Tree& value) { return value.number == n; });
  const long double value = filter.values[0].number;
  if (filter.op == "NumberLessThan") return n < value;
  if (filter.op == "NumberGreaterThan") return n > value;
  return filter.op == "NumberLessThanOrEquals" ? n <= value : n >= value;
}

bool text_compares(const OneFilter& filter, const std::string& text) {
  return std::ranges::any_of(filter.values, [&](const Tree& value) {
    const std::string t = small(text), v = small(value.text);
    if (has(filter, "Contains")) return t.find(v) != std::string::npos;
    if (has(filter, "BeginsWith")) return t.starts_with(v);
    if (has(filter, "EndsWith")) return t.ends_with(v);
    return t == v;
  });
}

std::optional<bool> compares(const OneFilter& filter, const Tree& value, bool attribute) {
  if (is(filter, "Bool")) {
    return value.kind == Kind::boolean ? std::optional(value.boolean == filter.values[0].boolean) : std::nullopt;
  }
  if (is(filter, "Number")) {
    return value.kind == Kind::number ? std::optional(number_compares(filter, value.number)) : std::nullopt;
  }
  if (value.kind == Kind::text) return text_compares(filter, value.text);
  const bool canonical = attribute && (value.kind == Kind::number || value.kind == Kind::boolean);
  return canonical ? std::optional(text_compares(filter, value.written)) : std::nullopt;
}

bool judged(const OneFilter& filter, const Tree& event, bool arrays) {
  const Tree* const value = find(event, filter.key);
  const bool there = value != nullptr && value->kind != Kind::null;
  if (filter.op == "IsNotNull") return there;
  if (filter.op == "IsNullOrUndefined") return !there;
  const bool negative = has(filter, "Not");
  const bool missing = filter.op == "NumberNotIn" || filter.op == "StringNotIn" || filter.op == "NumberNotInRange";
  if (!there || (value->kind == Kind::list && !arrays)) return missing;
  const bool attribute = filter.key.find('.') == std::string::npos && small(filter.key) != "data";
  std::vector<Tree> one{*value};
  std::optional<bool> any;
  for (const Tree& element : value->kind == Kind::list ? value->items : one) {
    if (const auto found = compares(filter, element, attribute)) any = any.value_or(false) || *found;
  }
  return any ? *any != negative : missing;
}

}  // namespace

std::string Tree::json() const {
  if (kind != Kind::list && kind != Kind::object) return written;
  std::string out = kind == Kind::list ? "[" : "{";
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out += ", ";
    if (kind == Kind::object) out += trellis::json::quote(names[i]) + ":";
    out += items[i].json();
  }
  return out + (kind == Kind::list ? "]" : " }");
}

std::string OneFilter::json() const {
  std::string out = R"({"operatorType": ")" + op + R"(", "key": )" + trellis::json::quote(key);
  const bool one = has(*this, "Than") || is(*this, "Bool");
  if (one) return out + R"(, "value": )" + values[0].json() + "}";
  if (values.empty()) return out + "}";
  Tree list;
  list.kind = Kind::list;
  list.items = values;
  return out + R"(, "values": )" + list.json() + "}";
}

std::string Subscription::json() const {
  std::string out = "{";
  for (const std::string& type : types)
    out += (out == "{" ? R"("includedEventTypes": [)" : ", ") + trellis::json::quote(type);
  if (!types.empty()) out += "], ";
  if (!begin.empty()) out += R"("subjectBeginsWith": )" + trellis::json::quote(begin) + ", ";
  if (!end.empty()) out += R"("subjectEndsWith": )" + trellis::json::quote(end) + ", ";
  if (exact) out += R"("isSubjectCaseSensitive": true, )";
  if (basic && arrays) out += R"("enableAdvancedFilteringOnArrays": true, )";
  out += basic ? R"("advancedFilters": [)" : R"("filters": [)";
  for (std::size_t i = 0; i < filters.size(); ++i) out += (i == 0 ? "" : ", ") + filters[i].json();
  return out + "]}";
}

bool Subscription::passes(const Tree& event) const {
  const auto text_of = [&](const char* name) -> std::optional<std::string> {
    const Tree* const value = member(event, name);
    if (value == nullptr || value->kind == Kind::null || value->kind == Kind::list || value->kind == Kind::object) {
      return std::nullopt;
    }
    return value->kind == Kind::text ? value->text : value->written;
  };
  const auto type = text_of("type");
  if (!types.empty()) {
    if (!type || std::ranges::none_of(types, [&](const auto& one) { return small(one) == small(*type); })) return false;
  }
  const auto subject = text_of("subject");
  const auto cased = [&](const std::string& text) { return exact ? text : small(text); };
  if (!begin.empty() && (!subject || !cased(*subject).starts_with(cased(begin)))) return false;
  if (!end.empty() && (!subject || !cased(*subject).ends_with(cased(end)))) return false;
  return std::ranges::all_of(filters, [&](const OneFilter& one) { return judged(one, event, arrays); });
}

std::string Random::word() {
  std::string out = any(kWords);
  if (one_in(3)) out += any(kWords);
  return out;
}

Tree Random::text() {
  Tree out;
  out.kind = Kind::text;
  out.text = word();
  out.written = trellis::json::quote(out.text);
  if (one_in(6)) {
    out.written = "\"\\u0061" + out.written.substr(1);
    out.text = "a" + out.text;
  }
  return out;
}

Tree Random::number() {
  Tree out;
  out.kind = Kind::number;
  out.written = any(kNumbers);
  // What is no integer of 64 bits is the double nearest to it. On x86 a long double holds all of both.
  const bool whole = out.written.find_first_of(".e") == std::string::npos;
  out.number = whole ? std::strtold(out.written.c_str(), nullptr) : std::strtod(out.written.c_str(), nullptr);
  return out;
}

Tree Random::scalar() {
  Tree out;
  const std::size_t which = below(8);
  if (which < 3) return text();
  if (which < 6) return number();
  out.written = "null";
  if (which == 7) {
    out.kind = Kind::boolean;
    out.boolean = one_in(2);
    out.written = out.boolean ? "true" : "false";
  }
  return out;
}

Tree Random::value(int depth) {
  if (depth > 0 && one_in(3)) return object(depth - 1);
  if (!one_in(4)) return scalar();
  Tree out;
  out.kind = Kind::list;
  for (std::size_t i = below(4); i > 0; --i) {
    out.items.push_back(one_in(8) ? (one_in(2) ? object(0) : Tree{Kind::list, "", "", false, 0, {}, {scalar()}})
                                  : scalar());
  }
  return out;
}

Tree Random::object(int depth) {
  Tree out;
  out.kind = Kind::object;
  for (std::size_t i = below(5); i > 0; --i) {
    out.names.emplace_back(any(kNames));
    out.items.push_back(value(depth));
  }
  return out;
}

Tree Random::event() {
  Tree out;
  out.kind = Kind::object;
  for (std::size_t i = 2 + below(6); i > 0; --i) {
    std::string name = any(kAttributes);
    if (one_in(12)) name[0] = static_cast<char>(name[0] - 32);
    out.names.push_back(name);
    out.items.push_back(one_in(3) ? scalar() : text());
  }
  if (!one_in(5)) {
    const std::size_t place = below(out.names.size() + 1);
    out.names.insert(out.names.begin() + static_cast<std::ptrdiff_t>(place), one_in(10) ? "Data" : "data");
    out.items.insert(out.items.begin() + static_cast<std::ptrdiff_t>(place), one_in(4) ? value(0) : object(2));
  }
  return out;
}

OneFilter Random::filter() {
  static constexpr const char* kOps[] = {
      "NumberIn",          "NumberNotIn",      "NumberLessThan",      "NumberGreaterThan", "NumberLessThanOrEquals",
      "NumberInRange",     "NumberNotInRange", "BoolEquals",          "StringContains",    "NumberGreaterThanOrEquals",
      "StringNotContains", "StringBeginsWith", "StringNotBeginsWith", "StringEndsWith",    "StringNotEndsWith",
      "StringIn",          "StringNotIn",      "IsNullOrUndefined",   "IsNotNull"};
  static constexpr const char* kKeys[] = {"data",     "Data.k",   "data.K",  "data.kk",     "data.kK", "data.k.k",
                                          "data.k.K", "data.K.n", "data.n",  "data.k.kK.n", "Type",    "eventtype",
                                          "subject",  "EXT",      "eventid", "ext.k"};
  OneFilter out{any(kOps), any(kKeys), {}};
  if (is(out, "Is")) return out;
  const auto finite = [&] {
    while (true) {
      if (Tree one = number(); one.written != "1e999") return one;
    }
  };
  const bool one = has(out, "Than") || is(out, "Bool");
  for (std::size_t i = one ? 1 : 1 + below(3); i > 0; --i) {
    Tree value = is(out, "Number") ? finite() : text();
    if (is(out, "Bool")) {
      value.boolean = one_in(2);
      value.written = value.boolean ? "true" : "false";
    } else if (has(out, "Range")) {
      Tree range{Kind::list, "", "", false, 0, {}, {value, finite()}};
      if (range.items[0].number > range.items[1].number) std::swap(range.items[0], range.items[1]);
      value = range;
    }
    out.values.push_back(value);
  }
  return out;
}

Subscription Random::subscription() {
  Subscription out;
  for (std::size_t i = one_in(4) ? 1 + below(3) : 0; i > 0; --i) {
    const std::string type = word();
    if (!type.empty()) out.types.push_back(type);
  }
  if (one_in(5)) out.begin = any(kWords);
  if (one_in(5)) out.end = any(kWords);
  out.exact = one_in(3);
  out.basic = one_in(2);
  out.arrays = !out.basic || one_in(2);
  for (std::size_t i = below(4); i > 0; --i) out.filters.push_back(filter());
  return out;
}

}  // namespace cloud_event::testing
