/// What may stand in MQTT's strings: UTF-8 (1.5.4), topic names and topic filters (4.7).
#pragma once

#include <cstdint>
#include <string_view>

namespace trellis::mqtt {

/// Well-formed UTF-8 without U+0000 and without surrogates.
bool valid_text(std::string_view text) noexcept;

/// Well-formed UTF-8; U+0000 allowed, as in a payload marked as text.
bool valid_utf8(std::string_view text) noexcept;

enum class TopicFault : std::uint8_t { none, not_text, invalid };

/// A topic name: text, not empty, no wildcard.
TopicFault check_topic_name(std::string_view topic) noexcept;

/// A topic filter without share prefix: text, not empty, '+' and '#' only as whole levels, '#' only last.
TopicFault check_topic_filter(std::string_view filter) noexcept;

bool has_wildcard(std::string_view filter) noexcept;

/// Levels between '/': one more than there are slashes.
std::uint32_t count_levels(std::string_view topic) noexcept;

/// A filter as SUBSCRIBE carries it, split into the parts of "$share/group/filter".
struct SharedFilter {
  bool shared = false;
  bool valid = true;  // false: begins like a shared one but is none
  std::string_view group{};
  std::string_view filter{};
};
SharedFilter split_shared(std::string_view filter) noexcept;

}  // namespace trellis::mqtt
