/// What a route adds to the events it makes of MQTT messages.
#pragma once

#include <trellis/abi/message.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <vector>

namespace events_service {

/// What the expressions of an enrichment speak of.
struct EnrichmentFacts {
  const trellis_message& message;
  std::string_view name_space;
  /// The value of one of the publisher's attributes as JSON; empty where it has none of that name.
  std::function<std::string(std::string_view name)> attribute;
};

class Enrichments {
 public:
  /// Of rights::enrichments_form(). Refusals name the place.
  static trellis::Result<Enrichments> read(const trellis::Config& enrichments);

  bool empty() const noexcept { return all_.empty(); }
  const std::vector<std::string_view>& keys() const noexcept { return keys_; }
  /// The members, without braces.
  std::string members(const EnrichmentFacts& facts) const;

 private:
  enum class Kind : std::uint8_t {
    fixed,
    authentication_name,
    session_name,
    attribute,
    user_property,
    topic,
    response_topic,
    correlation_data,
    payload_format,
    qos,
    retain,
    content_type,
    name_space
  };
  struct One {
    std::string key;
    Kind kind = Kind::fixed;
    std::string text;  // the value, or the name of an attribute or a user property
  };
  static trellis::Result<One> dynamic(const trellis::Config& item);
  trellis::Result<void> add(const trellis::Config& item, One one);
  static std::string value(const One& one, const EnrichmentFacts& facts);

  std::vector<One> all_;
  std::vector<std::string_view> keys_;  // of all_
};

}  // namespace events_service
