// A small reader of the documented subset of JSON Schema, enough to prepare settings for a plugin under test.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <regex>
#include <stdexcept>
#include <trellis/json.hpp>
#include <trellis/testing/normalise.hpp>
#include <utility>

namespace trellis::testing {
namespace {

using json::Type;
using json::Value;

/// Thrown inside this file only.
class Mistake : public std::runtime_error {
 public:
  Mistake(const std::string& path, const std::string& what)
      : std::runtime_error((path.empty() ? "the settings" : path) + ": " + what) {}
};

constexpr std::array<std::string_view, 25> kKeywords = {"$comment",  "$id",       "$schema",     "additionalProperties",
                                                        "const",     "default",   "deprecated",  "enum",
                                                        "examples",  "format",    "description", "items",
                                                        "maxItems",  "maxLength", "maximum",     "minItems",
                                                        "minLength", "minimum",   "pattern",     "properties",
                                                        "required",  "title",     "type",        "uniqueItems",
                                                        "x-unit"};

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::array<Unit, 9> kByteUnits = {{{"KiB", 1LL << 10},
                                             {"MiB", 1LL << 20},
                                             {"GiB", 1LL << 30},
                                             {"TiB", 1LL << 40},
                                             {"kB", 1000},
                                             {"MB", 1000000},
                                             {"GB", 1000000000},
                                             {"TB", 1000000000000},
                                             {"B", 1}}};
constexpr std::array<Unit, 5> kTimeUnits = {{{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}}};

std::string_view text_of(const Value& schema, std::string_view keyword) {
  const Value* found = schema.find(keyword);
  return found != nullptr && found->type == Type::text ? std::string_view(found->text) : std::string_view();
}

/// "8MiB" or "1h30m" as an integer.
template <std::size_t N>
std::optional<std::int64_t> amount(std::string_view text, const std::array<Unit, N>& units) {
  std::int64_t sum = 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) {
      return text.starts_with(u.name) &&
             (text.size() == u.name.size() || (text[u.name.size()] >= '0' && text[u.name.size()] <= '9'));
    });
    if (unit == units.end() || number > (std::numeric_limits<std::int64_t>::max() - sum) / unit->factor) {
      return std::nullopt;
    }
    sum += number * unit->factor;
    text.remove_prefix(unit->name.size());
  }
  return sum;
}

bool allows(const Value& schema, std::string_view type) {
  const Value* found = schema.find("type");
  if (found == nullptr) return true;
  if (found->type == Type::text) return found->text == type;
  return std::any_of(found->items.begin(), found->items.end(), [&](const Value& v) { return v.text == type; });
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::null:
      return "null";
    case Type::boolean:
      return "boolean";
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::text:
      return "string";
    case Type::list:
      return "array";
    case Type::object:
      return "object";
  }
  return "";
}

bool equal(const Value& a, const Value& b) {
  if (a.type == Type::text || b.type == Type::text) return a.type == b.type && a.text == b.text;
  return a.source == b.source;
}

std::string apply(const Value& schema, const Value& value, const std::string& path);

std::int64_t typed_amount(const Value& schema, const Value& value, const std::string& path) {
  const bool is_bytes = text_of(schema, "format") == "bytes";
  std::optional<std::int64_t> found;
  if (value.type == Type::integer) found = value.integer;
  if (value.type == Type::text) {
    found = is_bytes ? amount(value.text, kByteUnits) : amount(value.text, kTimeUnits);
    if (found && !is_bytes && text_of(schema, "x-unit") == "s") *found /= 1000;
  }
  if (!found || *found < 0) {
    throw Mistake(
        path, std::string(value.source) + (is_bytes ? " is no size like \"8MiB\"" : " is no duration like \"30s\""));
  }
  return *found;
}

std::string apply_amount(const Value& schema, const Value& value, const std::string& path) {
  const std::int64_t number = typed_amount(schema, value, path);
  const Value* minimum = schema.find("minimum");
  const Value* maximum = schema.find("maximum");
  if (minimum != nullptr && number < typed_amount(schema, *minimum, path)) {
    throw Mistake(path, std::string(value.source) + " is below the minimum " + std::string(minimum->source));
  }
  if (maximum != nullptr && number > typed_amount(schema, *maximum, path)) {
    throw Mistake(path, std::string(value.source) + " is above the maximum " + std::string(maximum->source));
  }
  return std::to_string(number);
}

std::string apply_object(const Value& schema, const Value& value, const std::string& path) {
  const Value* properties = schema.find("properties");
  const Value* additional = schema.find("additionalProperties");
  const bool open = additional != nullptr && (additional->type == Type::object || additional->boolean);
  std::string out;
  const auto add = [&](const std::string& key, const std::string& text) {
    out += (out.empty() ? "" : ",") + json::quote(key) + ":" + text;
  };
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    const std::string place = path + "/" + value.keys[i];
    const Value* known = properties != nullptr ? properties->find(value.keys[i]) : nullptr;
    if (known == nullptr && !open) throw Mistake(place, "no setting of that name");
    if (known == nullptr && additional->type != Type::object) {
      add(value.keys[i], std::string(value.items[i].source));
    } else {
      add(value.keys[i], apply(known != nullptr ? *known : *additional, value.items[i], place));
    }
  }
  if (const Value* required = schema.find("required")) {
    for (const Value& name : required->items) {
      if (value.find(name.text) == nullptr) throw Mistake(path + "/" + name.text, "is missing");
    }
  }
  for (std::size_t i = 0; properties != nullptr && i < properties->keys.size(); ++i) {
    const Value* fallback = properties->items[i].find("default");
    if (fallback == nullptr || value.find(properties->keys[i]) != nullptr) continue;
    add(properties->keys[i], apply(properties->items[i], *fallback, path + "/" + properties->keys[i]));
  }
  return "{" + out + "}";
}

std::string apply_list(const Value& schema, const Value& value, const std::string& path) {
  const Value* items = schema.find("items");
  std::string out;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string place = path + "/" + std::to_string(i);
    out += i == 0 ? "" : ",";
    out += items != nullptr ? apply(*items, value.items[i], place) : std::string(value.items[i].source);
  }
  const Value* fewest = schema.find("minItems");
  const Value* most = schema.find("maxItems");
  const auto count = static_cast<std::int64_t>(value.items.size());
  if (fewest != nullptr && count < fewest->integer)
    throw Mistake(path, "needs at least " + std::string(fewest->source));
  if (most != nullptr && count > most->integer) throw Mistake(path, "takes at most " + std::string(most->source));
  return "[" + out + "]";
}

std::int64_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

void check_text(const Value& schema, const Value& value, const std::string& path) {
  const Value* shortest = schema.find("minLength");
  const Value* longest = schema.find("maxLength");
  if (shortest != nullptr && characters(value.text) < shortest->integer) throw Mistake(path, "is too short");
  if (longest != nullptr && characters(value.text) > longest->integer) throw Mistake(path, "is too long");
  const std::string_view pattern = text_of(schema, "pattern");
  if (!pattern.empty() && !std::regex_search(value.text, std::regex(std::string(pattern)))) {
    throw Mistake(path, json::quote(value.text) + " does not match " + json::quote(pattern));
  }
}

void check_number(const Value& schema, const Value& value, const std::string& path) {
  const Value* minimum = schema.find("minimum");
  const Value* maximum = schema.find("maximum");
  if (minimum != nullptr && value.number < minimum->number) {
    throw Mistake(path, std::string(value.source) + " is below the minimum " + std::string(minimum->source));
  }
  if (maximum != nullptr && value.number > maximum->number) {
    throw Mistake(path, std::string(value.source) + " is above the maximum " + std::string(maximum->source));
  }
}

std::string apply(const Value& schema, const Value& value, const std::string& path) {
  if (schema.type == Type::boolean) return std::string(value.source);
  const std::string_view format = text_of(schema, "format");
  if (format == "bytes" || format == "duration") return apply_amount(schema, value, path);
  const std::string_view type = type_name(value.type);
  if (!allows(schema, type) && !(type == "integer" && allows(schema, "number"))) {
    throw Mistake(path, std::string(value.source) + " is " + std::string(json::name(value.type)) +
                            ", which the schema does not allow here");
  }
  if (const Value* choices = schema.find("enum")) {
    if (std::none_of(choices->items.begin(), choices->items.end(), [&](const Value& v) { return equal(v, value); })) {
      throw Mistake(path, std::string(value.source) + " is not one of " + std::string(choices->source));
    }
  }
  if (value.type == Type::object) return apply_object(schema, value, path);
  if (value.type == Type::list) return apply_list(schema, value, path);
  if (value.type == Type::text) check_text(schema, value, path);
  if (value.type == Type::integer || value.type == Type::number) check_number(schema, value, path);
  return std::string(value.source);
}

void check_node(const Value& node, const std::string& path) {
  if (node.type == Type::boolean) return;
  if (node.type != Type::object) throw Mistake(path, "a schema is an object");
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string place = path + "/" + node.keys[i];
    if (!node.keys[i].starts_with("x-") &&
        std::find(kKeywords.begin(), kKeywords.end(), node.keys[i]) == kKeywords.end()) {
      throw Mistake(place, "no keyword of the supported subset of JSON Schema");
    }
    if (node.keys[i] == "properties") {
      for (std::size_t p = 0; p < node.items[i].keys.size(); ++p) {
        check_node(node.items[i].items[p], place + "/" + node.items[i].keys[p]);
      }
    }
    if (node.keys[i] == "items" || node.keys[i] == "additionalProperties") check_node(node.items[i], place);
    if (node.keys[i] == "default") apply(node, node.items[i], place);
    if (node.keys[i] == "pattern") (void)std::regex(node.items[i].text);
  }
  if (const Value* examples = node.find("examples")) {
    for (const Value& example : examples->items) apply(node, example, path + "/examples");
  }
}

}  // namespace

Result<void> check_schema(std::string_view schema) {
  if (schema.empty()) return ok();
  const auto parsed = json::parse(schema);
  if (!parsed) return parsed.error();
  try {
    check_node(*parsed, "");
  } catch (const std::runtime_error& mistake) {
    return fail(mistake.what());
  }
  return ok();
}

Result<std::string> normalise(std::string_view schema, std::string_view settings) {
  const std::string text(settings.empty() ? "{}" : settings);
  const auto value = json::parse(text);
  if (!value) return value.error();
  if (value->type != Type::object) return fail("the settings are no object");
  const std::string schema_text(schema.empty() ? R"({"type":"object","properties":{}})" : schema);
  const auto rules = json::parse(schema_text);
  if (!rules) return fail("the schema: " + rules.error().text);
  try {
    return apply(*rules, *value, "");
  } catch (const std::runtime_error& mistake) {
    return fail(mistake.what(), Status::invalid);
  }
}

}  // namespace trellis::testing
