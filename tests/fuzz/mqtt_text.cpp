// MQTT's strings: the checks that look at eight bytes at once agree with slow ones written straight from the standard.
#include <string_view>

#include "common/mqtt/text.hpp"
#include "fuzz.hpp"

namespace {

using trellis::fuzz::require;
using namespace trellis;
using namespace trellis::mqtt;

// Unicode, table 3-7: the next code point, or -1 where there is none.
long next_code_point(std::string_view& rest) {
  const auto at = [&](std::size_t i) { return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0U; };
  const unsigned first = at(0);
  const std::size_t size = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size == 0) return -1;
  long value = size == 1 ? first : first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return -1;
    value = value << 6 | (at(i) & 0x3FU);
  }
  rest.remove_prefix(size);
  constexpr long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return first > 0xF7 || value < smallest[size] || surrogate || value > 0x10FFFF ? -1 : value;
}

bool slow_text(std::string_view text, bool zero_allowed) {
  while (!text.empty()) {
    const long value = next_code_point(text);
    if (value < 0 || (value == 0 && !zero_allowed)) return false;
  }
  return true;
}

bool slow_filter(std::string_view filter) {
  while (true) {
    const std::size_t slash = filter.find('/');
    const std::string_view level = filter.substr(0, slash);
    if (level.find_first_of("+#") != std::string_view::npos && level.size() != 1) return false;
    if (level == "#" && slash != std::string_view::npos) return false;
    if (slash == std::string_view::npos) return true;
    filter.remove_prefix(slash + 1);
  }
}

void check_shared(std::string_view filter) {
  const SharedFilter split = split_shared(filter);
  if (!split.shared) return require(split.filter == filter, "a plain filter stays whole");
  require(filter.starts_with("$share"), "a shared filter begins with $share");
  if (!split.valid) return;
  require(filter.size() == split.group.size() + split.filter.size() + 8, "prefix, group and filter make up the text");
  require(filter.ends_with(split.filter), "the filter is the end of the text");
  require(split.group.find_first_of("/+#") == std::string_view::npos, "a group's name is one plain level");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool good = slow_text(text, false);
  require(valid_text(text) == good, "text is checked right");
  require(valid_utf8(text) == slow_text(text, true), "UTF-8 is checked right");
  const bool plain = !text.empty() && text.find_first_of("+#") == std::string_view::npos;
  const TopicFault name = !good ? TopicFault::not_text : plain ? TopicFault::none : TopicFault::invalid;
  require(check_topic_name(text) == name, "topic names are checked right");
  const bool formed = !text.empty() && slow_filter(text);
  const TopicFault filter = !good ? TopicFault::not_text : formed ? TopicFault::none : TopicFault::invalid;
  require(check_topic_filter(text) == filter, "topic filters are checked right");
  check_shared(text);
  return 0;
}
