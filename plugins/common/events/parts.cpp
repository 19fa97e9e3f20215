#include "common/events/parts.hpp"

#include "common/cloud_event/json_text.hpp"
#include "common/events/text.hpp"

namespace events {

std::string_view Parts::meant(std::string_view token) {
  if (!token.starts_with('"')) return token;
  const std::string_view raw = token.substr(1, token.size() - 2);
  if (raw.find('\\') == std::string_view::npos) return raw;
  return cloud_event::unescape(raw, arena_.room(raw.size())).value_or(raw);
}

void Parts::take(const Event& event) {
  arena_.begin();
  attributes_.clear();
  content_type_.reset();
  data_ = {};
  for (const auto& [name, token] : event.attributes) {
    if (name != "datacontenttype") attributes_.push_back({trellis::view(name), trellis::view(meant(token))});
  }
  if (!event.datacontenttype.empty()) content_type_ = event.datacontenttype;
  if (!event.data_base64.empty()) {
    const std::string_view text = meant(event.data_base64);
    data_ = decode_base64(text, arena_.room(text.size()));
    return;
  }
  if (event.data.empty()) return;
  if (!content_type_) content_type_ = "application/json";
  data_ = cloud_event::is_json_type(*content_type_) ? event.data : meant(event.data);
}

void append_header_value(std::string& out, std::string_view value) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '"' && c != '%') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
}

}  // namespace events
