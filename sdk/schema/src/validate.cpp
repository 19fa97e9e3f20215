#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <trellis/networks.hpp>
#include <trellis/schema/formats.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/near_match.hpp>
#include <trellis/schema/pointer.hpp>
#include <trellis/schema/units.hpp>
#include <trellis/schema/validate.hpp>
#include <utility>
#include <vector>

namespace trellis::schema {

namespace {

// std::regex recurses per character; longer texts could exhaust the stack.
constexpr std::size_t kLongestForPattern = 4096;
constexpr std::size_t kShownBytes = 60;

unsigned type_of(const Json::Value& value) {
  switch (value.type()) {
    case Json::nullValue:
      return kNull;
    case Json::booleanValue:
      return kBoolean;
    case Json::intValue:
    case Json::uintValue:
      return kInteger;
    case Json::realValue:
      return kNumber;
    case Json::stringValue:
      return kString;
    case Json::arrayValue:
      return kArray;
    case Json::objectValue:
      return kObject;
  }
  return kNull;
}

bool is_numeric(const Json::Value& value) { return (type_of(value) & (kInteger | kNumber)) != 0; }

// long double holds every 64-bit integer exactly here, so limits near 2^63 compare right.
long double number(const Json::Value& value) {
  if (value.type() == Json::intValue) return static_cast<long double>(value.asInt64());
  if (value.type() == Json::uintValue) return static_cast<long double>(value.asUInt64());
  return static_cast<long double>(value.asDouble());
}

bool is_quantity(const SchemaNode& node) { return node.format == Format::bytes || node.format == Format::duration; }

std::string quantity_grammar(const SchemaNode& node) {
  if (node.format == Format::bytes) return std::string(kBytesGrammar);
  return fmt::format("{}, or a whole number of {} without quotes", kDurationGrammar, node.seconds ? "seconds" : "ms");
}

std::string characters(std::uint64_t count) { return fmt::format("{} character{}", count, count == 1 ? "" : "s"); }

class Validator {
 public:
  Validator(Document& document, Diagnostics& diagnostics) : document_(document), diagnostics_(diagnostics) {}

  // Before anything is reported: a report shows its whole line, which may hold a secret beside the mistake.
  void mark_secrets(const Json::Value& value, const SchemaNode& node);
  Json::Value check(const Json::Value& value, const std::string& pointer, const SchemaNode& node);

 private:
  std::string show_found(const Json::Value& value) const;
  void refuse(const Json::Value& value, const std::string& pointer, std::string message, std::string expected,
              std::string suggestion = {});
  void refuse(const Json::Value& value, const std::string& pointer, const Failure& failure,
              const std::string& expected);
  void wrong_type(const Json::Value& value, const std::string& pointer, const SchemaNode& node);

  bool fits_type(Json::Value& value, const SchemaNode& node) const;
  bool check_choices(const Json::Value& value, const std::string& pointer, const SchemaNode& node);
  void check_range(const Json::Value& value, const Json::Value& normal, const std::string& pointer,
                   const SchemaNode& node);
  Json::Value check_text(const Json::Value& value, const std::string& pointer, const SchemaNode& node);
  void check_length(const Json::Value& value, const std::string& pointer, const SchemaNode& node);
  Json::Value check_quantity(const Json::Value& value, const std::string& pointer, const SchemaNode& node);
  Json::Value check_array(const Json::Value& value, const std::string& pointer, const SchemaNode& node);
  void check_unique(const Json::Value& list, const std::string& pointer, const SchemaNode& node);
  Json::Value check_object(const Json::Value& value, const std::string& pointer, const SchemaNode& node);
  std::string unknown_key(const Json::Value& object, const std::string& key, const std::string& pointer,
                          const SchemaNode& node);
  std::string nearest_property(const Json::Value& object, const std::string& key, const SchemaNode& node) const;

  Document& document_;
  Diagnostics& diagnostics_;
};

void Validator::mark_secrets(const Json::Value& value, const SchemaNode& node) {
  if (node.format == Format::secret) {
    document_.mark_secret(value);
  } else if (value.isArray() && node.items) {
    for (const Json::Value& item : value) mark_secrets(item, *node.items);
  } else if (value.isObject()) {
    for (auto member = value.begin(); member != value.end(); ++member) {
      const std::string key = member.name();
      if (const Property* property = node.property(key)) {
        mark_secrets(*member, *property->schema);
      } else if (node.additional) {
        mark_secrets(*member, *node.additional);
      } else {
        const Property* meant = node.property(nearest_property(value, key, node));
        if (looks_secret(key) || (meant != nullptr && meant->schema->format == Format::secret))
          document_.mark_secret(*member);
      }
    }
  }
}

Json::Value Validator::check(const Json::Value& value, const std::string& pointer, const SchemaNode& node) {
  if (document_.is_broken(value)) return value;
  if (node.deprecated) {
    Diagnostic diagnostic = document_.at_key(value, pointer, "this setting is deprecated. " + node.description);
    diagnostic.severity = Severity::warning;
    diagnostics_.add(std::move(diagnostic));
  }
  if (node.shown && document_.is_secret(value)) {
    refuse(value, pointer,
           "this is shown in logs and metrics, so it may not come from ${env:…} or ${file:…}; write it here",
           "plain text");
    return value;
  }
  Json::Value normal = value;
  if (!fits_type(normal, node)) {
    wrong_type(value, pointer, node);
    return value;
  }
  if (!check_choices(normal, pointer, node)) return value;
  if (is_quantity(node) && !value.isNull()) return check_quantity(value, pointer, node);
  if (is_numeric(normal)) check_range(value, normal, pointer, node);
  if (value.isString()) return check_text(value, pointer, node);
  if (value.isArray()) return check_array(value, pointer, node);
  if (value.isObject()) return check_object(value, pointer, node);
  return normal;
}

// --- reports

std::string Validator::show_found(const Json::Value& value) const {
  if (value.isObject()) return "an object";
  if (value.isArray()) return "a list";
  if (document_.is_secret(value)) return "the given value";
  return to_line(value, kShownBytes);
}

void Validator::refuse(const Json::Value& value, const std::string& pointer, std::string message, std::string expected,
                       std::string suggestion) {
  Diagnostic diagnostic = document_.at_value(value, pointer, std::move(message));
  diagnostic.expected = std::move(expected);
  diagnostic.found = show_found(value);
  if (!document_.is_secret(value)) diagnostic.suggestion = std::move(suggestion);
  diagnostics_.add(std::move(diagnostic));
  document_.mark_broken(value);
}

void Validator::refuse(const Json::Value& value, const std::string& pointer, const Failure& failure,
                       const std::string& expected) {
  const bool secret = document_.is_secret(value);
  refuse(value, pointer, secret ? "the given value does not fit; expected " + expected : failure.message, expected,
         failure.suggestion);
}

void Validator::wrong_type(const Json::Value& value, const std::string& pointer, const SchemaNode& node) {
  if (is_quantity(node) && is_numeric(value)) {
    const std::string grammar = quantity_grammar(node);
    return refuse(value, pointer, fmt::format("{} is not a whole number; expected {}", show_found(value), grammar),
                  grammar);
  }
  SchemaNode kind;
  kind.types = type_of(value);
  const std::string expected = describe_type(node);
  const std::string found = show_found(value);
  std::string suggestion;
  if (value.isString()) {
    const std::string text = value.asString();
    const bool number = !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
    if (number && (node.types & (kInteger | kNumber)) != 0) suggestion = text;
    if ((text == "true" || text == "false") && (node.types & kBoolean) != 0) suggestion = text;
  } else if (!value.isObject() && !value.isArray() && !value.isNull() && (node.types & kString) != 0) {
    suggestion = '"' + found + '"';
  }
  const bool container = value.isObject() || value.isArray();
  const bool plain = container || value.isNull() || value.isBool();
  std::string message = plain ? fmt::format("found {}; expected {}", found, expected)
                              : fmt::format("{} is {}; expected {}", found, describe_type(kind), expected);
  refuse(value, pointer, std::move(message), expected, suggestion);
}

// --- single values

// Turns 3.0 into 3 where a whole number is wanted: JSON knows only one kind of number.
bool Validator::fits_type(Json::Value& value, const SchemaNode& node) const {
  const unsigned type = type_of(value);
  if (node.types == kAny || (node.types & type) != 0) return true;
  if (type == kInteger && (node.types & kNumber) != 0) return true;
  if (type != kNumber || (node.types & kInteger) == 0) return false;
  const double real = value.asDouble();
  if (std::floor(real) != real || std::abs(real) > 9e15) return false;
  Json::Value whole(static_cast<Json::Int64>(real));
  copy_place(value, whole);
  value = std::move(whole);
  return true;
}

bool Validator::check_choices(const Json::Value& value, const std::string& pointer, const SchemaNode& node) {
  std::vector<Json::Value> choices = node.choices;
  if (node.constant) choices.push_back(*node.constant);
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return true;
  std::vector<std::string> texts;
  std::string expected;
  for (const Json::Value& choice : choices) {
    if (choice.isString()) texts.push_back(choice.asString());
    if (!expected.empty()) expected += ", ";
    expected += to_line(choice, kShownBytes);
  }
  std::string suggestion = value.isString() ? near_match(value.asString(), texts) : "";
  if (!suggestion.empty()) suggestion = '"' + suggestion + '"';
  const std::string_view relation = choices.size() == 1 ? "is not" : "is not one of";
  refuse(value, pointer, fmt::format("{} {} {}", show_found(value), relation, expected), expected, suggestion);
  return false;
}

void Validator::check_range(const Json::Value& value, const Json::Value& normal, const std::string& pointer,
                            const SchemaNode& node) {
  const bool low = node.minimum && number(normal) < number(*node.minimum);
  const bool high = node.maximum && number(normal) > number(*node.maximum);
  if (!low && !high) return;
  const Json::Value& limit = low ? *node.minimum : *node.maximum;
  const std::string expected = describe_type(node);
  refuse(value, pointer,
         fmt::format("{} is {} {}; expected {}", show_found(value), low ? "less than" : "more than", show(node, limit),
                     expected),
         expected);
}

Json::Value Validator::check_quantity(const Json::Value& value, const std::string& pointer, const SchemaNode& node) {
  const bool bytes = node.format == Format::bytes;
  const std::string grammar = quantity_grammar(node);
  std::int64_t quantity = 0;
  if (value.isString()) {
    const std::string text = value.asString();
    const auto size = bytes ? parse_bytes(text) : Result<std::int64_t>(0);
    const auto duration =
        bytes ? Result<std::chrono::milliseconds>(std::chrono::milliseconds(0)) : parse_duration(text);
    if (!size || !duration) {
      refuse(value, pointer, !size ? size.failure() : duration.failure(), grammar);
      return value;
    }
    quantity = bytes ? *size : duration->count();
    if (!bytes && node.seconds && quantity % 1000 != 0) {
      refuse(value, pointer, fmt::format("{} is not a whole number of seconds", show_found(value)), "whole seconds");
      return value;
    }
    if (!bytes && node.seconds) quantity /= 1000;
  } else {
    if (!value.isInt64() || value.asInt64() < 0) {
      const std::string_view why = value.isInt64() ? "is negative" : "is too large";
      refuse(value, pointer, fmt::format("{} {}; expected {}", show_found(value), why, grammar), grammar);
      return value;
    }
    quantity = value.asInt64();
  }
  Json::Value normal{static_cast<Json::Int64>(quantity)};
  copy_place(value, normal);
  check_range(value, normal, pointer, node);
  return normal;
}

Json::Value Validator::check_text(const Json::Value& value, const std::string& pointer, const SchemaNode& node) {
  check_length(value, pointer, node);
  const std::string text = value.asString();
  Json::Value normal = value;
  if (node.format == Format::address) {
    const auto address = parse_address(text);
    if (!address) refuse(value, pointer, address.failure(), std::string(kAddressGrammar));
  } else if (node.format == Format::topic || node.format == Format::topic_filter) {
    const bool topic = node.format == Format::topic;
    const auto result = topic ? parse_topic(text) : parse_topic_filter(text);
    if (!result) refuse(value, pointer, result.failure(), topic ? "a topic" : "a topic filter");
  } else if (node.format == Format::network) {
    const auto network = Network::parse(text);
    if (!network) refuse(value, pointer, network.error().text, R"(like "10.1.0.0/16" or "::1")");
  } else if (node.format == Format::path) {
    const auto path = parse_path(text);
    if (!path) {
      refuse(value, pointer, path.failure(), "a path");
    } else if (!document_.folder().empty()) {
      normal = Json::Value((document_.folder() / *path).lexically_normal().string());
      copy_place(value, normal);
    }
  }
  return normal;
}

void Validator::check_length(const Json::Value& value, const std::string& pointer, const SchemaNode& node) {
  const std::string text = value.asString();
  const std::size_t length = count_code_points(text);
  if (node.min_length && length < *node.min_length) {
    const std::string expected = "at least " + characters(*node.min_length);
    refuse(value, pointer,
           length == 0 ? "the text is empty; expected " + expected
                       : fmt::format("the text has {}; expected {}", characters(length), expected),
           expected);
  }
  if (node.max_length && length > *node.max_length) {
    const std::string expected = "at most " + characters(*node.max_length);
    refuse(value, pointer, fmt::format("the text has {}; expected {}", characters(length), expected), expected);
  }
  if (!node.expression) return;
  if (text.size() > kLongestForPattern) {
    refuse(value, pointer, fmt::format("the text is longer than {} bytes", kLongestForPattern), "shorter text");
  } else if (!std::regex_search(text, *node.expression)) {
    refuse(value, pointer, fmt::format("{} does not match the pattern {}", show_found(value), node.pattern),
           fmt::format("text matching {}", node.pattern));
  }
}

// --- lists and objects

Json::Value Validator::check_array(const Json::Value& value, const std::string& pointer, const SchemaNode& node) {
  const auto wrong_count = [&](std::string_view bound, std::uint64_t limit) {
    const std::string expected = fmt::format("{} {} {}", bound, limit, limit == 1 ? "entry" : "entries");
    refuse(value, pointer, fmt::format("the list has {}; expected {}", value.size(), expected), expected);
  };
  if (node.min_items && value.size() < *node.min_items) wrong_count("at least", *node.min_items);
  if (node.max_items && value.size() > *node.max_items) wrong_count("at most", *node.max_items);
  if (!node.items) return value;
  Json::Value normal(Json::arrayValue);
  for (Json::ArrayIndex i = 0; i < value.size(); ++i)
    normal.append(check(value[i], pointer_to(pointer, i), *node.items));
  copy_place(value, normal);
  check_unique(normal, pointer, node);
  return normal;
}

void Validator::check_unique(const Json::Value& list, const std::string& pointer, const SchemaNode& node) {
  if (!node.unique_items && node.unique_by.empty()) return;
  std::map<Json::Value, Json::Value> seen;
  for (Json::ArrayIndex i = 0; i < list.size(); ++i) {
    const bool by_key = !node.unique_by.empty();
    if (by_key && (!list[i].isObject() || !list[i].isMember(node.unique_by))) continue;
    const Json::Value& value = by_key ? list[i][node.unique_by] : list[i];
    const auto [first, is_new] = seen.emplace(value, value);
    if (is_new || document_.is_broken(value)) continue;
    const std::string place = by_key ? pointer_to(pointer_to(pointer, i), node.unique_by) : pointer_to(pointer, i);
    Diagnostic diagnostic = document_.at_value(value, place, fmt::format("{} is in the list twice", show_found(value)));
    diagnostic.expected = "each one once";
    diagnostic.found = show_found(value);
    const Position position = document_.source().position(document_.place(first->second).begin);
    diagnostic.notes.push_back({"first given here", position.line, position.column});
    diagnostics_.add(std::move(diagnostic));
  }
}

Json::Value Validator::check_object(const Json::Value& value, const std::string& pointer, const SchemaNode& node) {
  Json::Value normal(Json::objectValue);
  copy_place(value, normal);
  std::set<std::string> excused;  // missing only because they are mistyped, which is reported already
  for (auto member = value.begin(); member != value.end(); ++member) {
    const std::string key = member.name();
    const std::string place = pointer_to(pointer, key);
    if (node.names && node.names->expression &&
        !std::regex_search(key.substr(0, kLongestForPattern), *node.names->expression)) {
      diagnostics_.add(document_.at_key(*member, place, node.names->description));
    }
    if (const Property* property = node.property(key)) {
      normal[key] = check(*member, place, *property->schema);
    } else if (node.additional) {
      normal[key] = check(*member, place, *node.additional);
    } else if (node.types == kAny || (node.extensions && key.starts_with("x-"))) {
      normal[key] = *member;
    } else {
      excused.insert(unknown_key(value, key, place, node));
    }
  }
  for (const Property& property : node.properties) {
    if (value.isMember(property.name)) continue;
    if (property.schema->default_value) {
      normal[property.name] =
          check(*property.schema->default_value, pointer_to(pointer, property.name), *property.schema);
    } else if (property.required && excused.count(property.name) == 0) {
      Diagnostic diagnostic =
          document_.at_value(value, pointer, fmt::format("the key \"{}\" is missing", property.name));
      diagnostic.expected = fmt::format("\"{}\": {}", property.name, describe_type(*property.schema));
      diagnostics_.add(std::move(diagnostic));
    }
  }
  return normal;
}

std::string Validator::nearest_property(const Json::Value& object, const std::string& key,
                                        const SchemaNode& node) const {
  std::vector<std::string> absent;
  std::vector<std::string> present;
  for (const Property& property : node.properties) {
    (object.isMember(property.name) ? present : absent).push_back(property.name);
  }
  // A key that is not there yet is the likelier meaning of two equally near ones.
  absent.insert(absent.end(), present.begin(), present.end());
  return near_match(key, absent);
}

std::string Validator::unknown_key(const Json::Value& object, const std::string& key, const std::string& pointer,
                                   const SchemaNode& node) {
  std::vector<std::string> names;
  for (const Property& property : node.properties) names.push_back(property.name);
  const std::string meant = nearest_property(object, key, node);
  std::string message = fmt::format("unknown key {}", to_line(Json::Value(key), kShownBytes));
  const std::string expected = names.empty() ? "no keys" : one_of(names, names.size());
  if (meant.empty()) message += fmt::format("; expected {}", names.empty() ? expected : one_of(names));
  Diagnostic diagnostic = document_.at_key(object[key], pointer, std::move(message));
  diagnostic.expected = expected;
  diagnostic.found = key;
  if (!meant.empty()) diagnostic.suggestion = '"' + meant + '"';
  diagnostics_.add(std::move(diagnostic));
  return meant;
}

}  // namespace

Json::Value validate(Document& document, const Json::Value& value, std::string_view pointer, const SchemaNode& node,
                     Diagnostics& diagnostics) {
  Validator validator(document, diagnostics);
  validator.mark_secrets(value, node);
  return validator.check(value, std::string(pointer), node);
}

Json::Value validate(Document& document, const Json::Value& value, std::string_view pointer, const Schema& schema,
                     Diagnostics& diagnostics) {
  return validate(document, value, pointer, schema.root(), diagnostics);
}

Json::Value validate(Document& document, const Schema& schema, Diagnostics& diagnostics) {
  return validate(document, document.root(), "", schema, diagnostics);
}

}  // namespace trellis::schema
