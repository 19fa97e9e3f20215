#include "random_settings.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <trellis/schema/json_text.hpp>
#include <utility>

namespace trellis::check {
namespace {

using schema::Format;
using schema::SchemaNode;
using Texts = std::vector<std::string>;

constexpr int kDeepest = 6;

// What a text may be where the schema says no more: names, numbers in quotes, and what trips who does not expect it.
const Texts& any_texts() {
  static const Texts all = {"a",
                            "name-1",
                            "Name_2",
                            "",
                            " ",
                            "0",
                            "-1",
                            "18446744073709551616",
                            "true",
                            "null",
                            "a/b/c",
                            "a/+/#",
                            "\xC3\xA9",
                            "{{topic}}",
                            "${x",
                            "http://127.0.0.1:1/a?b=c",
                            "%s%n",
                            "a\nb\tc",
                            "*",
                            "https://example.com",
                            "[::1]:1",
                            "example.com",
                            "a@b",
                            "../../etc/passwd",
                            "/dev/null/none",
                            "\"quoted\"",
                            std::string(300, 'x'),
                            std::string(5000, 'y')};
  return all;
}

const Texts& texts_of(Format format) {
  static const Texts sizes = {"0", "1", "1KiB", "64KiB", "1MiB", "4GiB"};
  static const Texts times = {"0ms", "1ms", "1s", "1m", "1h", "30d"};
  static const Texts addresses = {"127.0.0.1:0", "[::1]:1883", "0.0.0.0:65535", "unix:/nowhere/socket"};
  static const Texts topics = {"a", "a/b", "/", "$SYS/a", "sensors/7/temp"};
  static const Texts filters = {"#", "+", "a/+", "a/#", "+/b/#"};
  static const Texts networks = {"10.0.0.0/8", "::/0", "127.0.0.1", "192.0.2.7/32"};
  static const Texts paths = {"/nowhere/file", "file", "./a b", "/", "."};
  switch (format) {
    case Format::bytes:
      return sizes;
    case Format::duration:
      return times;
    case Format::address:
      return addresses;
    case Format::topic:
      return topics;
    case Format::topic_filter:
      return filters;
    case Format::network:
      return networks;
    case Format::path:
      return paths;
    case Format::secret:
    case Format::none:
      return any_texts();
  }
  return any_texts();
}

std::vector<unsigned> types_of(const SchemaNode& node) {
  std::vector<unsigned> out;
  for (const unsigned type : {schema::kNull, schema::kBoolean, schema::kInteger, schema::kNumber, schema::kString,
                              schema::kArray, schema::kObject}) {
    if (node.types == schema::kAny || (node.types & type) != 0) out.push_back(type);
  }
  return out;
}

}  // namespace

RandomSettings::RandomSettings(const schema::Schema& schema, std::uint64_t seed) : schema_(schema), random_(seed) {}

std::string RandomSettings::next() {
  const SchemaNode& root = schema_.root();
  Json::Value made = object(root, 0);
  // Every other time a complete example, with a little of it changed: that gets further than chance alone.
  if (!root.examples.empty() && once_in(2)) {
    Json::Value base = one_of(root.examples);
    for (const std::string& name : made.getMemberNames()) {
      if (once_in(3)) base[name] = made[name];
    }
    made = std::move(base);
  }
  return schema::to_exact(made);
}

Json::Value RandomSettings::value(const SchemaNode& node, int depth) {
  if (node.constant) return *node.constant;
  if (!node.choices.empty()) return one_of(node.choices);
  if (node.default_value && once_in(4)) return *node.default_value;
  if (!node.examples.empty() && once_in(2)) return one_of(node.examples);
  return of_type(one_of(types_of(node)), node, depth);
}

Json::Value RandomSettings::of_type(unsigned type, const SchemaNode& node, int depth) {
  switch (type) {
    case schema::kBoolean:
      return once_in(2);
    case schema::kInteger:
      return number(node, true);
    case schema::kNumber:
      return number(node, false);
    case schema::kString:
      return text(node);
    case schema::kArray:
      return list(node, depth);
    case schema::kObject:
      return object(node, depth);
    default:
      return Json::nullValue;
  }
}

Json::Value RandomSettings::object(const SchemaNode& node, int depth) {
  Json::Value out(Json::objectValue);
  for (const schema::Property& property : node.properties) {
    if (property.required || (depth < kDeepest && once_in(2))) out[property.name] = value(*property.schema, depth + 1);
  }
  if (node.additional == nullptr || depth >= kDeepest) return out;
  static const SchemaNode any_name;
  for (std::size_t left = below(3); left > 0; --left) {
    out[key(node.names != nullptr ? *node.names : any_name)] = value(*node.additional, depth + 1);
  }
  return out;
}

Json::Value RandomSettings::list(const SchemaNode& node, int depth) {
  const std::uint64_t least = node.min_items.value_or(0);
  const std::uint64_t most = std::min(node.max_items.value_or(UINT64_MAX), least + (depth < kDeepest ? 3 : 0));
  Json::Value out(Json::arrayValue);
  for (std::uint64_t left = least + below(most - least + 1); left > 0; --left) {
    out.append(node.items != nullptr ? value(*node.items, depth + 1) : Json::Value(static_cast<int>(left)));
  }
  return out;
}

Json::Value RandomSettings::number(const SchemaNode& node, bool whole) {
  static constexpr std::array<std::int64_t, 10> kUsual = {0, 1, 2, 10, 100, 1000, 65535, 1'000'000, INT32_MAX, -1};
  if (!whole && once_in(2)) return 0.5;
  const double least = node.minimum ? node.minimum->asDouble() : -1;
  const double most = node.maximum ? node.maximum->asDouble() : 9e15;
  if (node.minimum && once_in(3)) return *node.minimum;
  if (node.maximum && once_in(3)) return *node.maximum;
  const std::int64_t usual = one_of(kUsual);
  return static_cast<Json::Int64>(std::clamp(static_cast<double>(usual), least, most));
}

std::string RandomSettings::text(const SchemaNode& node) {
  std::string out;
  for (int attempts = 0; attempts < 20; ++attempts) {
    out = one_of(once_in(8) ? any_texts() : texts_of(node.format));
    if (node.min_length && out.size() < *node.min_length) out.resize(*node.min_length, 'z');
    if (node.max_length && out.size() > *node.max_length) out.resize(*node.max_length);
    // An expression is not tried on what is long: std::regex would run out of stack.
    if (node.expression == nullptr || (out.size() < 1000 && std::regex_search(out, *node.expression))) break;
  }
  return out;
}

std::string RandomSettings::key(const SchemaNode& names) {
  const std::string made = text(names);
  return made.empty() ? "k" : made;
}

}  // namespace trellis::check
