#include <algorithm>
#include <trellis/json.hpp>
#include <trellis/schema/quoted.hpp>
#include <trellis/topic.hpp>

namespace trellis::schema {
namespace {

// The bytes of the character that a text begins with; 0 where it begins with none.
std::size_t first_character(std::string_view text) noexcept {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
    if (is_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

std::string mended(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = first_character(text);
    out += size == 0 ? "\xEF\xBF\xBD" : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace

std::string quoted(std::string_view text) { return is_utf8(text) ? json::quote(text) : json::quote(mended(text)); }

bool is_utf8(std::string_view text) noexcept { return valid_utf8(text); }

}  // namespace trellis::schema
