// Describes a plugin's settings. Validation, defaults, error texts and the manual are made from it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <utility>
#include <vector>

namespace trellis {

struct TextOptions {
  std::string_view help = {};
  bool required = false;
  std::optional<std::string_view> fallback = {};
  std::optional<std::uint64_t> minimum_length = {};  // in characters
  std::optional<std::uint64_t> maximum_length = {};
  std::string_view pattern = {};  // regular expression of ECMAScript, searched for anywhere in the text
};

struct IntegerOptions {
  std::string_view help = {};
  bool required = false;
  std::optional<std::int64_t> fallback = {};
  std::optional<std::int64_t> minimum = {};
  std::optional<std::int64_t> maximum = {};
};

struct NumberOptions {
  std::string_view help = {};
  bool required = false;
  std::optional<double> fallback = {};
  std::optional<double> minimum = {};
  std::optional<double> maximum = {};
};

struct BooleanOptions {
  std::string_view help = {};
  bool required = false;
  std::optional<bool> fallback = {};
};

/// Of sizes ("8MiB") and durations ("30s"): limits are written as a user writes values.
struct AmountOptions {
  std::string_view help = {};
  bool required = false;
  std::string_view fallback = {};
  std::string_view minimum = {};
  std::string_view maximum = {};
};

/// Of texts with a meaning: secrets, paths, addresses, topics.
struct FormatOptions {
  std::string_view help = {};
  bool required = false;
  std::optional<std::string_view> fallback = {};
};

struct ChoiceOptions {
  std::string_view help = {};
  bool required = false;
  std::optional<std::string_view> fallback = {};
};

struct ListOptions {
  std::string_view help = {};
  bool required = false;
  std::optional<std::uint64_t> minimum_items = {};
  std::optional<std::uint64_t> maximum_items = {};
  bool unique = false;
  std::string_view fallback = {};  // JSON text of a list, for example "[]"
};

struct ObjectOptions {
  std::string_view help = {};
  bool required = false;
  std::string_view fallback = {};  // JSON text of an object, for example "{}", which brings the defaults inside
};

/// Builds the JSON Schema of an object, one setting per call, in the order of the manual:
///
///     Schema{}.text("prefix", {.help = "Topics must start with this.", .required = true})
///             .integer("limit", {.help = "Most per second.", .fallback = 10, .minimum = 1})
///             .example(R"({"prefix": "sensors/"})");
///
/// Every option has a help text: a sentence that says what it does, with the unit where there is one.
class Schema {
 public:
  Schema&& text(std::string_view name, const TextOptions& options = {}) && {
    Keywords keywords("string", options.help);
    if (options.fallback) keywords.add("default", json::quote(*options.fallback));
    if (options.minimum_length) keywords.add("minLength", std::to_string(*options.minimum_length));
    if (options.maximum_length) keywords.add("maxLength", std::to_string(*options.maximum_length));
    if (!options.pattern.empty()) keywords.add("pattern", json::quote(options.pattern));
    return std::move(*this).property(name, keywords.json(), options.required);
  }

  Schema&& integer(std::string_view name, const IntegerOptions& options = {}) && {
    Keywords keywords("integer", options.help);
    if (options.fallback) keywords.add("default", std::to_string(*options.fallback));
    if (options.minimum) keywords.add("minimum", std::to_string(*options.minimum));
    if (options.maximum) keywords.add("maximum", std::to_string(*options.maximum));
    return std::move(*this).property(name, keywords.json(), options.required);
  }

  Schema&& number(std::string_view name, const NumberOptions& options = {}) && {
    Keywords keywords("number", options.help);
    if (options.fallback) keywords.add("default", decimal(*options.fallback));
    if (options.minimum) keywords.add("minimum", decimal(*options.minimum));
    if (options.maximum) keywords.add("maximum", decimal(*options.maximum));
    return std::move(*this).property(name, keywords.json(), options.required);
  }

  Schema&& boolean(std::string_view name, const BooleanOptions& options = {}) && {
    Keywords keywords("boolean", options.help);
    if (options.fallback) keywords.add("default", *options.fallback ? "true" : "false");
    return std::move(*this).property(name, keywords.json(), options.required);
  }

  /// A size like "8MiB"; configure() sees bytes as an integer.
  Schema&& bytes(std::string_view name, const AmountOptions& options = {}) && {
    return std::move(*this).property(name, amount("bytes", options).json(), options.required);
  }

  /// A duration like "30s"; configure() sees milliseconds as an integer.
  Schema&& duration(std::string_view name, const AmountOptions& options = {}) && {
    return std::move(*this).property(name, amount("duration", options).add("x-unit", "\"ms\"").json(),
                                     options.required);
  }

  /// A duration of which configure() sees whole seconds.
  Schema&& seconds(std::string_view name, const AmountOptions& options = {}) && {
    return std::move(*this).property(name, amount("duration", options).add("x-unit", "\"s\"").json(), options.required);
  }

  /// Text that never appears in logs and dumps, usually written as ${env:NAME} or ${file:path}.
  Schema&& secret(std::string_view name, const FormatOptions& options = {}) && {
    return std::move(*this).formatted(name, "secret", options);
  }
  Schema&& path(std::string_view name, const FormatOptions& options = {}) && {
    return std::move(*this).formatted(name, "path", options);
  }
  /// host:port, [v6]:port or unix:/path.
  Schema&& address(std::string_view name, const FormatOptions& options = {}) && {
    return std::move(*this).formatted(name, "address", options);
  }
  Schema&& topic(std::string_view name, const FormatOptions& options = {}) && {
    return std::move(*this).formatted(name, "topic", options);
  }
  Schema&& topic_filter(std::string_view name, const FormatOptions& options = {}) && {
    return std::move(*this).formatted(name, "topic-filter", options);
  }

  /// One of a few words.
  Schema&& choice(std::string_view name, std::initializer_list<std::string_view> choices,
                  const ChoiceOptions& options = {}) && {
    std::string words;
    for (std::string_view choice : choices) words += (words.empty() ? "[" : ",") + json::quote(choice);
    Keywords keywords("string", options.help);
    keywords.add("enum", words + "]");
    if (options.fallback) keywords.add("default", json::quote(*options.fallback));
    return std::move(*this).property(name, keywords.json(), options.required);
  }

  /// A list of objects.
  Schema&& list(std::string_view name, const Schema& item, const ListOptions& options = {}) && {
    return std::move(*this).list_of(name, item.json(), options);
  }
  /// A list of texts.
  Schema&& texts(std::string_view name, const ListOptions& options = {}) && {
    return std::move(*this).list_of(name, R"({"type":"string"})", options);
  }
  /// A list of whatever a schema in JSON says.
  Schema&& list_of(std::string_view name, std::string_view item_json, const ListOptions& options = {}) && {
    Keywords keywords("array", options.help);
    keywords.add("items", item_json);
    if (options.minimum_items) keywords.add("minItems", std::to_string(*options.minimum_items));
    if (options.maximum_items) keywords.add("maxItems", std::to_string(*options.maximum_items));
    if (options.unique) keywords.add("uniqueItems", "true");
    if (!options.fallback.empty()) keywords.add("default", options.fallback);
    return std::move(*this).property(name, keywords.json(), options.required);
  }

  Schema&& object(std::string_view name, const Schema& inside, const ObjectOptions& options = {}) && {
    return std::move(*this).property(name, inside.json_with(options.help, options.fallback), options.required);
  }
  /// An object whose keys are up to the user and whose values are texts.
  Schema&& map_of_texts(std::string_view name, const ObjectOptions& options = {}) && {
    Keywords keywords("object", options.help);
    keywords.add("additionalProperties", R"({"type":"string"})");
    if (!options.fallback.empty()) keywords.add("default", options.fallback);
    return std::move(*this).property(name, keywords.json(), options.required);
  }
  /// An object whose keys are up to the user and whose values are objects.
  Schema&& map(std::string_view name, const Schema& value, const ObjectOptions& options = {}) && {
    Keywords keywords("object", options.help);
    keywords.add("additionalProperties", value.json());
    if (!options.fallback.empty()) keywords.add("default", options.fallback);
    return std::move(*this).property(name, keywords.json(), options.required);
  }

  /// A setting whose schema is given as JSON text, for what has no function here.
  Schema&& property(std::string_view name, std::string_view schema_json, bool required = false) && {
    properties_ += (properties_.empty() ? "" : ",") + json::quote(name) + ":" + std::string(schema_json);
    if (required) required_ += (required_.empty() ? "" : ",") + json::quote(name);
    return std::move(*this);
  }

  /// A complete block as a user may write it. Examples are checked against the schema and shown in the manual.
  Schema&& example(std::string_view json) && {
    examples_ += (examples_.empty() ? "" : ",") + std::string(json);
    return std::move(*this);
  }

  /// The schema as JSON text.
  std::string json() const { return json_with({}, {}); }

 private:
  class Keywords {
   public:
    Keywords(std::string_view type, std::string_view help) {
      if (!type.empty()) add("type", json::quote(type));
      if (!help.empty()) add("description", json::quote(help));
    }
    Keywords& add(std::string_view keyword, std::string_view value) {
      text_ += (text_.empty() ? "" : ",") + json::quote(keyword) + ":" + std::string(value);
      return *this;
    }
    std::string json() const { return "{" + text_ + "}"; }

   private:
    std::string text_;
  };

  static Keywords amount(std::string_view format, const AmountOptions& options) {
    Keywords keywords({}, options.help);
    keywords.add("type", R"(["string","integer"])").add("format", json::quote(format));
    if (!options.fallback.empty()) keywords.add("default", json::quote(options.fallback));
    if (!options.minimum.empty()) keywords.add("minimum", json::quote(options.minimum));
    if (!options.maximum.empty()) keywords.add("maximum", json::quote(options.maximum));
    return keywords;
  }

  Schema&& formatted(std::string_view name, std::string_view format, const FormatOptions& options) && {
    Keywords keywords("string", options.help);
    keywords.add("format", json::quote(format));
    if (options.fallback) keywords.add("default", json::quote(*options.fallback));
    return std::move(*this).property(name, keywords.json(), options.required);
  }

  std::string json_with(std::string_view help, std::string_view fallback) const {
    Keywords keywords("object", help);
    keywords.add("additionalProperties", "false");
    if (!required_.empty()) keywords.add("required", "[" + required_ + "]");
    keywords.add("properties", "{" + properties_ + "}");
    if (!fallback.empty()) keywords.add("default", fallback);
    if (!examples_.empty()) keywords.add("examples", "[" + examples_ + "]");
    return keywords.json();
  }

  static std::string decimal(double number) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(15);
    out << number;
    return out.str();
  }

  std::string properties_;
  std::string required_;
  std::string examples_;
};

}  // namespace trellis
