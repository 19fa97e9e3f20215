// A plugin's settings as it sees them: checked against its schema, defaults filled in, units turned into integers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <utility>
#include <vector>

namespace trellis {

/// Thrown where a setting is read as something it is not: the code and its schema disagree. Control calls turn it
/// into their error.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One value of the settings, usually an object. Copies are cheap, share the document and keep it alive.
class Config {
 public:
  /// An empty object.
  Config() : Config(parse_or_throw("{}")) {}

  static Result<Config> parse(std::string_view json) {
    auto document = std::make_shared<Document>();
    document->source = json;
    auto value = json::parse(document->source);
    if (!value) return value.error();
    document->root = std::move(value).value();
    return Config(document, &document->root, "");
  }

  // --- an object's settings by name; the schema said that they are there

  std::string text(std::string_view name) const { return object_member(name).as_text(); }
  std::int64_t integer(std::string_view name) const { return object_member(name).as_integer(); }
  double number(std::string_view name) const { return object_member(name).as_number(); }
  bool boolean(std::string_view name) const { return object_member(name).as_boolean(); }
  Config object(std::string_view name) const { return object_member(name).expect(json::Type::object); }
  std::vector<Config> list(std::string_view name) const { return object_member(name).items(); }
  std::vector<std::string> texts(std::string_view name) const { return object_member(name).as_texts(); }
  /// Of a duration, which arrives in milliseconds unless its schema says otherwise.
  std::chrono::milliseconds milliseconds(std::string_view name) const {
    return std::chrono::milliseconds(integer(name));
  }

  // --- the same for settings that may be absent or null

  std::string text(std::string_view name, std::string_view fallback) const {
    auto found = find(name);
    return found ? found->as_text() : std::string(fallback);
  }
  std::int64_t integer(std::string_view name, std::int64_t fallback) const {
    auto found = find(name);
    return found ? found->as_integer() : fallback;
  }
  double number(std::string_view name, double fallback) const {
    auto found = find(name);
    return found ? found->as_number() : fallback;
  }
  bool boolean(std::string_view name, bool fallback) const {
    auto found = find(name);
    return found ? found->as_boolean() : fallback;
  }

  /// Whether it is there and not null.
  bool contains(std::string_view name) const { return find(name).has_value(); }

  std::optional<Config> find(std::string_view name) const {
    const json::Value* found = value_->find(name);
    if (found == nullptr || found->type == json::Type::null) return std::nullopt;
    return Config(document_, found, path_ + "/" + std::string(name));
  }

  // --- this value itself, for what lists contain

  json::Type type() const noexcept { return value_->type; }
  std::string as_text() const { return expect(json::Type::text).value_->text; }
  std::int64_t as_integer() const { return expect(json::Type::integer).value_->integer; }
  bool as_boolean() const { return expect(json::Type::boolean).value_->boolean; }
  double as_number() const {
    return value_->type == json::Type::integer ? value_->number : expect(json::Type::number).value_->number;
  }
  std::vector<std::string> as_texts() const {
    std::vector<std::string> out;
    for (const Config& item : items()) out.push_back(item.as_text());
    return out;
  }

  /// What a list contains.
  std::vector<Config> items() const {
    expect(json::Type::list);
    std::vector<Config> out;
    out.reserve(value_->items.size());
    for (const json::Value& item : value_->items) {
      out.push_back(Config(document_, &item, path_ + "/" + std::to_string(out.size())));
    }
    return out;
  }

  /// What an object contains, in the order written.
  std::vector<std::pair<std::string, Config>> members() const {
    expect(json::Type::object);
    std::vector<std::pair<std::string, Config>> out;
    out.reserve(value_->items.size());
    for (std::size_t i = 0; i < value_->items.size(); ++i) {
      const std::string& name = value_->keys[i];
      out.emplace_back(name, Config(document_, &value_->items[i], path_ + "/" + name));
    }
    return out;
  }

  /// This value as JSON text; lives as long as any Config of the document.
  std::string_view json() const noexcept { return value_->source; }
  /// Where it stands in the settings, for error texts: "/rules/3/action".
  const std::string& path() const noexcept { return path_; }

 private:
  struct Document {
    std::string source;
    json::Value root;
  };

  Config(std::shared_ptr<const Document> document, const json::Value* value, std::string path)
      : document_(std::move(document)), value_(value), path_(std::move(path)) {}

  static Config parse_or_throw(std::string_view json) { return parse(json).value(); }

  Config object_member(std::string_view name) const {
    auto found = find(name);
    if (!found) throw ConfigError(path_ + "/" + std::string(name) + " is missing; does the schema require it?");
    return *std::move(found);
  }

  const Config& expect(json::Type type) const {
    if (value_->type == type) return *this;
    throw ConfigError((path_.empty() ? "the settings" : path_) + ": expected " + std::string(json::name(type)) +
                      ", found " + std::string(json::name(value_->type)));
  }

  std::shared_ptr<const Document> document_;
  const json::Value* value_;
  std::string path_;
};

}  // namespace trellis
