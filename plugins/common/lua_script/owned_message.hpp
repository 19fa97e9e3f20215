// A message that owns its texts: what publish{} and publish_event() send, and what cases and records write as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/message.hpp>
#include <trellis/result.hpp>
#include <utility>
#include <vector>

namespace lua {

/// Whether two values of JSON say the same, whatever the order of members.
bool same_json(const trellis::json::Value& one, const trellis::json::Value& other);

struct OwnedMessage {
  std::string topic;
  std::string payload;
  unsigned qos = 0;
  bool retain = false;
  std::optional<std::string> content_type;
  std::optional<std::string> response_topic;
  std::optional<std::string> correlation_data;
  std::optional<std::int64_t> expiry_s;
  std::vector<std::pair<std::string, std::string>> user_properties;
  std::string client_id = "client";
  std::string client_name;
  std::string name_space = "default";
  std::string event_topic;  // not empty: an event for that topic of service-events, which the payload is

  static trellis::Result<OwnedMessage> read(const trellis::json::Value& value);
  static OwnedMessage of(trellis::Publication publication);
  std::string json() const;
  /// Borrows.
  trellis::Publication publication() const;
  /// Compares those fields an expectation names: empty, or which one differs.
  std::string difference(const trellis::json::Value& expected) const;

  /// The same as the kernel hands it over. Borrows.
  class Raw {
   public:
    Raw(const OwnedMessage& from, std::int64_t now_ms);
    trellis::Message message() const noexcept { return {&raw_}; }

   private:
    std::vector<trellis_pair> pairs_;
    trellis_message raw_{};
  };

 private:
  std::string field_difference(const std::string& key, const trellis::json::Value& expected) const;
  std::string property_difference(const trellis::json::Value& expected) const;
};

}  // namespace lua
