#include "body.hpp"

#include <algorithm>
#include <charconv>

#include "namespace_body.hpp"
#include "route.hpp"
#include "shown_name.hpp"

namespace management {
namespace {

using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostMembers = 1024;  // of one object: a reader looks through them for each
constexpr std::size_t kMostElements = 16'384;
constexpr std::size_t kMostValues = 250'000;  // of one text: each takes a hundred times what it takes there

std::optional<Problem> too_many(std::size_t most) {
  return Problem{.status = 413,
                 .code = "TooManyOperations",
                 .message = "more than " + std::to_string(most) +
                            " operations in one call; send several, or raise \"batch_operations\""};
}

// Counts what is open at every bracket, the members of each object and the elements of each list. Wrong JSON is found
// by whoever reads it. operations: most of those, where the text is a list of them.
std::optional<Problem> scan(std::string_view text, std::optional<std::size_t> operations = std::nullopt) {
  struct Open {
    bool is_list;
    std::size_t colons = 0;
    std::size_t commas = 0;
  };
  std::vector<Open> open;
  std::size_t values = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1U : 0U;
        break;
      case '{':
      case '[':
        if (open.size() == kMostDepth) return bad_request("the body is nested more than 32 deep");
        open.push_back({text[i] == '['});
        if (++values > kMostValues) return bad_request("the body has more than 250000 values");
        break;
      case '}':
      case ']':
        if (!open.empty()) open.pop_back();
        break;
      case ':':
        if (!open.empty() && ++open.back().colons > kMostMembers)
          return bad_request("an object in the body has more than 1024 members");
        break;
      case ',':
        if (++values > kMostValues) return bad_request("the body has more than 250000 values");
        if (open.empty() || !open.back().is_list) break;
        ++open.back().commas;
        if (operations && open.size() == 1 && open.back().commas >= *operations) return too_many(*operations);
        if (open.size() > (operations ? 1U : 0U) && open.back().commas >= kMostElements)
          return bad_request("a list in the body has more than 16384 elements");
        break;
      default:
        break;
    }
  }
  return std::nullopt;
}

std::optional<Problem> parse_scanned(std::string_view text, Value& value) {
  auto read = trellis::json::parse(text);
  if (!read) return bad_request(read.error().text);
  value = std::move(read).value();
  return std::nullopt;
}

// What answers have beside the properties.
bool is_left_out(std::string_view key) {
  static constexpr std::string_view kLeftOut[] = {"id", "type", "systemData", "etag", "managedBy"};
  return std::ranges::find(kLeftOut, key) != std::end(kLeftOut);
}

std::string members_without_state(const Value& properties) {
  std::string out = "{";
  for (std::size_t i = 0; i < properties.keys.size(); ++i) {
    if (properties.keys[i] == "provisioningState") continue;  // every answer has it
    if (out.size() > 1) out += ',';
    out += quote(properties.keys[i]) + ':' + std::string(properties.items[i].source);
  }
  return out + '}';
}

// A revision, as text in or without quotes, or as a number.
bool read_revision(const Value& value, std::int64_t& out) {
  if (value.type == Type::integer) {
    out = value.integer;
    return out >= 0;
  }
  std::string_view text = value.text;
  if (text.size() > 1 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return value.type == Type::text && !text.empty() && parsed.ec == std::errc{} &&
         parsed.ptr == text.data() + text.size() && out >= 0;
}

std::optional<Problem> read_line(const Value& value, const std::string& at, BatchLine& line) {
  const auto wrong = [&](std::string_view below, const std::string& message) {
    return bad_request(message, at + std::string(below));
  };
  if (value.type != Type::object) return wrong("", "expected an object {\"type\", \"name\", \"properties\"}");
  bool told = false;
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    const std::string& key = value.keys[i];
    const Value& item = value.items[i];
    if (key == "type" || key == "name") {
      if (item.type != Type::text || item.text.empty()) return wrong('/' + key, "expected text");
      (key == "type" ? line.type : line.name) = item.text;
    } else if (key == "properties") {
      if (item.type != Type::object && item.type != Type::null)
        return wrong("/properties", "expected an object, or null for what has to go");
      told = true;
      if (item.type == Type::object) line.properties = members_without_state(item);
    } else if (key == "ifMatch") {
      if (!read_revision(item, line.expected))
        return wrong("/ifMatch", "expected a revision as \"etag\" tells it, or 0 where there must be none");
    } else if (!is_left_out(key) && !stands_beside(key)) {
      return wrong('/' + key, "there is no such key; known: type, name, properties, ifMatch");
    }
  }
  if (line.type.empty() || line.name.empty()) return wrong("", "\"type\" and \"name\" are needed");
  if (!told) return wrong("", "\"properties\" is missing; null removes " + line.type + '/' + line.name);
  // As answers write it.
  if (line.type == kProvider) line.type = kNamespaces;
  if (const std::size_t slash = line.type.rfind('/'); slash != std::string::npos) {
    const std::string_view before = std::string_view(line.type).substr(0, slash);
    const bool has_parent = before.size() > kProvider.size() && before[kProvider.size()] == '/';
    if (!same_word(before.substr(0, has_parent ? kProvider.size() : before.size()), kProvider))
      return wrong("/type", "unknown provider");
    const Value* const id = value.find("id");
    auto shown = read_shown(line.type, line.name, id == nullptr ? "" : id->text);
    if (!shown) return wrong("/name", "expected \"<parent>/<name>\", or beside this one the \"id\" that answers have");
    line.type = std::move(shown->type);
    line.name = std::move(shown->name);
    line.parent_type = std::move(shown->parent_type);
  }
  if (line.properties && line.type == kNamespaces) line.properties = gather_namespace(value);
  for (const std::string& key : value.keys) {
    if (stands_beside(key) && line.type != kNamespaces) return wrong('/' + key, "only a namespace has that");
  }
  return std::nullopt;
}

std::optional<Problem> read_lines(std::string_view body, std::size_t most, std::vector<BatchLine>& lines) {
  std::size_t number = 0;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view text = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    ++number;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (lines.size() == most) return too_many(most);
    Value value;
    const std::string at = '/' + std::to_string(lines.size());
    auto problem = read_json(text, value);
    if (problem) problem->target = at;
    if (!problem) problem = read_line(value, at, lines.emplace_back());
    if (!problem) continue;
    problem->message = "line " + std::to_string(number) + ": " + problem->message;
    return problem;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Problem> read_json(std::string_view text, Value& value) {
  if (auto problem = scan(text)) return problem;
  return parse_scanned(text, value);
}

std::optional<Problem> read_properties(std::string_view body, std::string_view type, std::string_view name,
                                       std::string& properties) {
  const bool is_namespace = type == kNamespaces;
  static constexpr std::string_view kShape = R"(the body has to be {"properties": {…}})";
  Value value;
  if (auto problem = read_json(body, value)) return problem;
  if (value.type != Type::object) return bad_request(std::string(kShape));
  const Value* const found = value.find("properties");
  const bool has_beside = is_namespace && std::ranges::any_of(value.keys, stands_beside);
  if (found == nullptr && !has_beside) return bad_request(std::string(kShape));
  if (found != nullptr && found->type != Type::object) return bad_request("expected an object", "/properties");
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    const std::string& key = value.keys[i];
    if (key == "name" && value.items[i].text != name && value.items[i].text != own_name(name))
      return bad_request("the path says \"" + std::string(name) + '"', "/name");
    if (key != "properties" && key != "name" && !is_left_out(key) && !(is_namespace && stands_beside(key)))
      return bad_request("there is no such key beside \"properties\"; does it belong inside?", '/' + key);
  }
  properties = is_namespace ? gather_namespace(value) : members_without_state(*found);
  return std::nullopt;
}

std::optional<Problem> read_batch(std::string_view body, std::size_t most, std::vector<BatchLine>& lines) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return std::nullopt;
  if (body[begin] != '[') return read_lines(body, most, lines);
  if (auto problem = scan(body, most)) return problem;
  Value value;
  if (auto problem = parse_scanned(body, value)) return problem;
  if (value.items.size() > most) return too_many(most);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (auto problem = read_line(value.items[i], '/' + std::to_string(i), lines.emplace_back())) return problem;
  }
  return std::nullopt;
}

std::string without_nulls(const Value& patch) {
  if (patch.type != Type::object) return std::string(patch.source);
  std::string out = "{";
  for (std::size_t i = 0; i < patch.keys.size(); ++i) {
    if (patch.items[i].type == Type::null) continue;
    if (out.size() > 1) out += ',';
    out += quote(patch.keys[i]) + ':' + without_nulls(patch.items[i]);
  }
  return out + '}';
}

}  // namespace management
