#include "target.hpp"

#include "characters.hpp"

namespace trellis::http {
namespace {

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/' every segment begins with
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

bool encodes_slash(std::string_view raw) {
  for (std::size_t at = raw.find('%'); at != std::string_view::npos; at = raw.find('%', at + 1)) {
    if (equals_ignoring_case(raw.substr(at, 3), "%2f")) return true;
  }
  return false;
}

// Separates "http://host:80/path" into host and "/path".
bool split_absolute(std::string_view& rest, Target& target) {
  const std::size_t scheme_end = rest.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const std::string_view scheme = rest.substr(0, scheme_end);
  if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return false;
  rest.remove_prefix(scheme_end + 3);
  const std::size_t host_end = rest.find_first_of("/?");
  target.host = rest.substr(0, host_end);
  rest = host_end == std::string_view::npos ? std::string_view() : rest.substr(host_end);
  return !target.host->empty() && target.host->find('@') == std::string_view::npos;
}

}  // namespace

std::string percent_encode(std::string_view text, std::string_view plain) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const bool stays = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       plain.find(c) != std::string_view::npos;
    const auto byte = static_cast<unsigned char>(c);
    if (stays) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::optional<Target> parse_target(std::string_view text, std::string_view method) {
  Target target;
  if (text == "*") {
    if (method != "OPTIONS") return std::nullopt;
    target.path = "*";
    return target;
  }
  for (const char c : text) {
    if (!is_target_char(c)) return std::nullopt;
  }
  if (!text.starts_with('/') && !split_absolute(text, target)) return std::nullopt;

  const std::size_t question = text.find('?');
  std::string_view raw = text.substr(0, question);
  if (question != std::string_view::npos) target.query = text.substr(question + 1);
  if (raw.empty()) raw = "/";

  auto path = percent_decode(raw);
  if (!path || encodes_slash(raw) || path->find('\0') != std::string::npos || has_dot_segment(*path)) {
    return std::nullopt;
  }
  target.path = std::move(*path);
  return target;
}

}  // namespace trellis::http
