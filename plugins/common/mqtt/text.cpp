#include "common/mqtt/text.hpp"

#include <algorithm>
#include <cstring>

namespace trellis::mqtt {
namespace {

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080;

// For a word of ASCII bytes: nonzero when one of them is `byte`.
constexpr std::uint64_t find_byte(std::uint64_t word, unsigned char byte) noexcept {
  const std::uint64_t different = word ^ (kOnes * byte);
  return (different - kOnes) & ~different & kHighs;
}

std::uint64_t load(const char* text) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  return word;
}

bool continues(unsigned char byte) noexcept { return (byte & 0xC0) == 0x80; }

// Length of the well-formed sequence of several bytes that begins at `text`, 0 when there is none: no overlong form, no
// surrogate, nothing above U+10FFFF.
std::size_t sequence(const unsigned char* text, std::size_t left) noexcept {
  const unsigned char first = text[0];
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (left < size || !continues(text[1])) return 0;
  if (first == 0xE0 && text[1] < 0xA0) return 0;
  if (first == 0xED && text[1] > 0x9F) return 0;
  if (first == 0xF0 && text[1] < 0x90) return 0;
  if (first == 0xF4 && text[1] > 0x8F) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (!continues(text[i])) return 0;
  }
  return size;
}

// True for UTF-8 without a byte that `refused` answers true for; `suspect` tells whether a word of ASCII may have one.
template <class Suspect, class Refused>
bool scan(std::string_view text, Suspect suspect, Refused refused) noexcept {
  const char* position = text.data();
  std::size_t left = text.size();
  while (left > 0) {
    if (left >= 8) {
      const std::uint64_t word = load(position);
      if ((word & kHighs) == 0 && !suspect(word)) {
        position += 8;
        left -= 8;
        continue;
      }
    }
    const auto byte = static_cast<unsigned char>(*position);
    std::size_t size = 1;
    if (byte >= 0x80) {
      size = sequence(reinterpret_cast<const unsigned char*>(position), left);
      if (size == 0) return false;
    } else if (refused(byte)) {
      return false;
    }
    position += size;
    left -= size;
  }
  return true;
}

}  // namespace

bool valid_text(std::string_view text) noexcept {
  return scan(
      text, [](std::uint64_t word) { return find_byte(word, 0) != 0; }, [](unsigned char byte) { return byte == 0; });
}

bool valid_utf8(std::string_view text) noexcept {
  return scan(
      text, [](std::uint64_t) { return false; }, [](unsigned char) { return false; });
}

TopicFault check_topic_name(std::string_view topic) noexcept {
  const bool good = scan(
      topic, [](std::uint64_t word) { return (find_byte(word, 0) | find_byte(word, '+') | find_byte(word, '#')) != 0; },
      [](unsigned char byte) { return byte == 0 || byte == '+' || byte == '#'; });
  if (good) return topic.empty() ? TopicFault::invalid : TopicFault::none;
  return valid_text(topic) ? TopicFault::invalid : TopicFault::not_text;
}

TopicFault check_topic_filter(std::string_view filter) noexcept {
  if (!valid_text(filter)) return TopicFault::not_text;
  if (filter.empty()) return TopicFault::invalid;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    if (filter[i] != '+' && filter[i] != '#') continue;
    const bool begins = i == 0 || filter[i - 1] == '/';
    const bool last = i + 1 == filter.size();
    const bool ends = last || (filter[i] == '+' && filter[i + 1] == '/');
    if (!begins || !ends) return TopicFault::invalid;
  }
  return TopicFault::none;
}

bool has_wildcard(std::string_view filter) noexcept { return filter.find_first_of("+#") != std::string_view::npos; }

std::uint32_t count_levels(std::string_view topic) noexcept {
  return 1 + static_cast<std::uint32_t>(std::count(topic.begin(), topic.end(), '/'));
}

SharedFilter split_shared(std::string_view filter) noexcept {
  constexpr std::string_view prefix = "$share";
  SharedFilter split;
  split.filter = filter;
  if (!filter.starts_with(prefix)) return split;
  if (filter.size() > prefix.size() && filter[prefix.size()] != '/') return split;
  split.shared = true;
  split.valid = false;
  if (filter.size() <= prefix.size() + 1) return split;
  const std::string_view rest = filter.substr(prefix.size() + 1);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return split;
  split.group = rest.substr(0, slash);
  split.filter = rest.substr(slash + 1);
  split.valid = !split.group.empty() && !split.filter.empty() && !has_wildcard(split.group);
  return split;
}

}  // namespace trellis::mqtt
