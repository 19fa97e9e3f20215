/// What may stand in MQTT's strings: UTF-8 (1.5.4), topic names and topic filters (4.7).
#pragma once

#include <cstdint>
#include <string_view>
#include <trellis/topic.hpp>

namespace trellis::mqtt {

enum class TopicFault : std::uint8_t { none, not_text, invalid };

/// A topic name: text, not empty, no wildcard.
TopicFault check_topic_name(std::string_view topic) noexcept;

/// A topic filter without share prefix: text, not empty, '+' and '#' only as whole levels, '#' only last.
TopicFault check_topic_filter(std::string_view filter) noexcept;

bool has_wildcard(std::string_view filter) noexcept;

/// A filter as SUBSCRIBE carries it, split into the parts of "$share/group/filter".
struct SharedFilter {
  bool shared = false;
  bool valid = true;  // false: begins like a shared one but is none
  std::string_view group{};
  std::string_view filter{};
};
SharedFilter split_shared(std::string_view filter) noexcept;

}  // namespace trellis::mqtt
