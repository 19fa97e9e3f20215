// Settings made up from a plugin's schema, the same ones for the same seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <trellis/schema/schema.hpp>
#include <vector>

namespace trellis::check {

class RandomSettings {
 public:
  /// schema: of an object.
  RandomSettings(const schema::Schema& schema, std::uint64_t seed);

  /// The next ones as a user could write them. Most keep to the schema; whoever uses them asks the validator.
  std::string next();

 private:
  Json::Value value(const schema::SchemaNode& node, int depth);
  Json::Value object(const schema::SchemaNode& node, int depth);
  Json::Value list(const schema::SchemaNode& node, int depth);
  Json::Value number(const schema::SchemaNode& node, bool whole);
  std::string text(const schema::SchemaNode& node);
  std::string key(const schema::SchemaNode& names);
  Json::Value of_type(unsigned type, const schema::SchemaNode& node, int depth);

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_()) % bound; }
  bool once_in(std::size_t times) { return below(times) == 0; }
  template <class Items>
  const auto& one_of(const Items& items) {
    return items[below(std::size(items))];
  }

  const schema::Schema schema_;
  std::mt19937_64 random_;
};

}  // namespace trellis::check
