#include "ctl/printable.hpp"

#include <trellis/topic.hpp>

namespace management::ctl {
namespace {

void escape(unsigned char byte, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
}

// Bytes of the character that begins a text; 0: it is none.
std::size_t size_of_first(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1U : lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : 4U;
  return size <= text.size() && trellis::valid_utf8(text.substr(0, size)) ? size : 0U;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return character.size() == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

std::string replaced(std::string_view text, bool lines) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = size_of_first(text);
    const std::string_view character = text.substr(0, size == 0 ? 1 : size);
    text.remove_prefix(character.size());
    if (lines && character == "\n") {
      out += '\n';
    } else if (size == 0 || is_control(character)) {
      for (const char byte : character) escape(static_cast<unsigned char>(byte), out);
    } else {
      out += character;
    }
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return replaced(text, true); }
std::string printable_in_line(std::string_view text) { return replaced(text, false); }

}  // namespace management::ctl
