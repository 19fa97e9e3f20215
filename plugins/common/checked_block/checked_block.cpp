#include "checked_block.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace common {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::array<std::string_view, 17> kKeywords = {"type",       "description", "default",
                                                        "enum",       "format",      "x-unit",
                                                        "properties", "required",    "additionalProperties",
                                                        "minLength",  "maxLength",   "minimum",
                                                        "maximum",    "items",       "minItems",
                                                        "maxItems",   "examples"};

/// A keyword that is passed over would be a check that everybody believes in and nobody does.
void look_through(const Value& schema) {
  for (std::size_t i = 0; i < schema.keys.size(); ++i) {
    const std::string& keyword = schema.keys[i];
    if (std::find(kKeywords.begin(), kKeywords.end(), keyword) == kKeywords.end()) {
      throw std::logic_error("a block's schema has the keyword \"" + keyword + "\", which is not checked");
    }
    if (keyword == "items") look_through(schema.items[i]);
    if (keyword != "properties") continue;
    for (const Value& property : schema.items[i].items) look_through(property);
  }
}

bool has_type(const Value& schema, std::string_view type) {
  const Value* found = schema.find("type");
  if (found == nullptr) return false;
  if (found->type == Type::text) return found->text == type;
  return std::any_of(found->items.begin(), found->items.end(), [&](const Value& one) { return one.text == type; });
}

std::string_view text_of(const Value& schema, std::string_view keyword) {
  const Value* found = schema.find(keyword);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

trellis::Error at(const std::string& path, const std::string& what) {
  return fail((path.empty() ? "the block" : path) + ": " + what);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string comma_separated(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quote(name);
  return out;
}

/// Writes the checked value as JSON behind `out`.
class Checker {
 public:
  Result<void> write(const Value& value, const Value& schema, const std::string& path, std::string& out);

 private:
  Result<void> write_object(const Value& value, const Value& schema, const std::string& path, std::string& out);
  Result<void> write_missing(const Value& value, const Value& schema, const std::string& path, std::string& out);
  Result<void> write_list(const Value& value, const Value& schema, const std::string& path, std::string& out);
  static Result<void> check_text(const Value& value, const Value& schema, const std::string& path);
  static Result<void> check_number(std::int64_t number, const Value& schema, const std::string& path);
};

Result<void> Checker::write(const Value& value, const Value& schema, const std::string& path, std::string& out) {
  const std::string_view format = text_of(schema, "format");
  if (format == "bytes" || format == "duration") {
    const auto amount = read_amount(value, format);
    if (!amount) return at(path, amount.error().text);
    if (auto fits = check_number(*amount, schema, path); !fits) return fits;
    out += std::to_string(*amount);
    return trellis::ok();
  }
  if (has_type(schema, "object")) return write_object(value, schema, path, out);
  if (has_type(schema, "array")) return write_list(value, schema, path, out);
  const bool right = has_type(schema, "string")    ? value.type == Type::text
                     : has_type(schema, "integer") ? value.type == Type::integer
                                                   : value.type == Type::boolean;
  if (!right) {
    const Type expected = has_type(schema, "string")    ? Type::text
                          : has_type(schema, "integer") ? Type::integer
                                                        : Type::boolean;
    return at(path, "expected " + std::string(name(expected)) + ", found " + std::string(name(value.type)));
  }
  auto fits = value.type == Type::text      ? check_text(value, schema, path)
              : value.type == Type::integer ? check_number(value.integer, schema, path)
                                            : trellis::ok();
  if (fits) out += value.source;
  return fits;
}

Result<void> Checker::write_object(const Value& value, const Value& schema, const std::string& path, std::string& out) {
  if (value.type != Type::object) {
    return at(path, "expected an object, found " + std::string(name(value.type)));
  }
  const Value* const properties = schema.find("properties");
  out += '{';
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    const std::string& key = value.keys[i];
    const Value* const property = properties->find(key);
    if (property == nullptr) {
      const std::string_view meant = near_match(key, properties->keys);
      return at(path, "unknown key " + quote(std::string_view(key).substr(0, 64)) + "; " +
                          (meant.empty() ? "expected one of " + comma_separated(properties->keys)
                                         : "did you mean " + quote(meant) + "?"));
    }
    if (value.items[i].type == Type::null) continue;
    if (out.back() != '{') out += ',';
    out += quote(key) + ":";
    if (auto written = write(value.items[i], *property, path + "/" + key, out); !written) return written;
  }
  if (auto written = write_missing(value, schema, path, out); !written) return written;
  out += '}';
  return trellis::ok();
}

Result<void> Checker::write_missing(const Value& value, const Value& schema, const std::string& path,
                                    std::string& out) {
  const auto there = [&](const std::string& key) {
    const Value* found = value.find(key);
    return found != nullptr && found->type != Type::null;
  };
  if (const Value* required = schema.find("required")) {
    for (const Value& one : required->items) {
      if (!there(one.text)) return at(path, quote(one.text) + " is missing");
    }
  }
  const Value* const properties = schema.find("properties");
  for (std::size_t i = 0; i < properties->keys.size(); ++i) {
    const std::string& key = properties->keys[i];
    const Value* const fallback = properties->items[i].find("default");
    if (fallback == nullptr || there(key)) continue;
    if (out.back() != '{') out += ',';
    out += quote(key) + ":";
    if (auto written = write(*fallback, properties->items[i], path + "/" + key, out); !written) return written;
  }
  return trellis::ok();
}

Result<void> Checker::write_list(const Value& value, const Value& schema, const std::string& path, std::string& out) {
  if (value.type != Type::list) return at(path, "expected a list, found " + std::string(name(value.type)));
  const auto count = static_cast<std::int64_t>(value.items.size());
  if (const Value* least = schema.find("minItems"); least != nullptr && count < least->integer) {
    return at(path, "has " + std::to_string(count) + " items, expected at least " + std::to_string(least->integer));
  }
  if (const Value* most = schema.find("maxItems"); most != nullptr && count > most->integer) {
    return at(path, "has " + std::to_string(count) + " items, expected at most " + std::to_string(most->integer));
  }
  const Value& item = *schema.find("items");
  out += '[';
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (i > 0) out += ',';
    if (auto written = write(value.items[i], item, path + "/" + std::to_string(i), out); !written) return written;
  }
  out += ']';
  return trellis::ok();
}

Result<void> Checker::check_text(const Value& value, const Value& schema, const std::string& path) {
  const auto length = static_cast<std::int64_t>(characters(value.text));
  if (const Value* least = schema.find("minLength"); least != nullptr && length < least->integer) {
    return at(path, length == 0 ? "is empty" : "is shorter than " + std::to_string(least->integer) + " characters");
  }
  if (const Value* most = schema.find("maxLength"); most != nullptr && length > most->integer) {
    return at(path, "is longer than " + std::to_string(most->integer) + " characters");
  }
  const Value* const choices = schema.find("enum");
  if (choices == nullptr) return trellis::ok();
  std::vector<std::string> names;
  for (const Value& choice : choices->items) names.push_back(choice.text);
  if (std::find(names.begin(), names.end(), value.text) != names.end()) return trellis::ok();
  return at(path, quote(std::string_view(value.text).substr(0, 64)) + " is not one of " + comma_separated(names));
}

Result<void> Checker::check_number(std::int64_t number, const Value& schema, const std::string& path) {
  const std::string_view format = text_of(schema, "format");
  const auto bound = [&](const Value& limit) {
    return format.empty() ? limit.integer : read_amount(limit, format).value();
  };
  const Value* const least = schema.find("minimum");
  const Value* const most = schema.find("maximum");
  if ((least == nullptr || number >= bound(*least)) && (most == nullptr || number <= bound(*most))) {
    return trellis::ok();
  }
  return at(path, "is out of range; expected " + (least == nullptr ? "at most" : std::string(least->source) + " to") +
                      " " + (most == nullptr ? "any" : std::string(most->source)));
}

}  // namespace

BlockSchema::BlockSchema(const trellis::Schema& schema)
    : text_(schema.json()), root_(trellis::json::parse(text_).value()) {
  look_through(root_);
}

Result<trellis::Config> BlockSchema::check(const trellis::Config& block) const {
  const auto value = trellis::json::parse(block.json());
  if (!value) return value.error();
  std::string out;
  if (auto written = Checker().write(*value, root_, {}, out); !written) return written.error();
  return trellis::Config::parse(out);
}

}  // namespace common
