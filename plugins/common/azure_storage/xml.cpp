#include "common/azure_storage/xml.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace azure_storage {
namespace {

// Cuts the next one off. False where there is none, or none that ends.
bool next_element(std::string_view& rest, std::string_view open, std::string_view close, std::string_view& found) {
  const std::size_t begin = rest.find(open);
  if (begin == std::string_view::npos) return false;
  rest.remove_prefix(begin + open.size());
  const std::size_t end = rest.find(close);
  if (end == std::string_view::npos) return false;
  found = rest.substr(0, end);
  rest.remove_prefix(end + close.size());
  return true;
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\r':
        out += "&#13;";  // a reader would make it a line feed
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string unescape_xml(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  std::string out;
  while (!text.empty()) {
    const auto* const entity =
        std::ranges::find_if(kEntities, [&](const auto& one) { return text.starts_with(one.first); });
    out += entity == kEntities.end() ? text.front() : entity->second;
    text.remove_prefix(entity == kEntities.end() ? 1 : entity->first.size());
  }
  return out;
}

std::string_view element(std::string_view document, std::string_view name) {
  std::string_view found;
  next_element(document, "<" + std::string(name) + ">", "</" + std::string(name) + ">", found);
  return found;
}

std::vector<std::string_view> elements(std::string_view document, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::string close = "</" + std::string(name) + ">";
  std::vector<std::string_view> found;
  std::string_view one;
  while (next_element(document, open, close, one)) found.push_back(one);
  return found;
}

}  // namespace azure_storage
