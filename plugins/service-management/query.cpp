#include "query.hpp"

#include <algorithm>
#include <charconv>

namespace management {
namespace {

std::optional<std::string> decode(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');  // as forms write blanks; a plus is %2B
  return trellis::http::percent_decode(spaced);
}

std::string list_of(std::initializer_list<std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out.empty() ? "none" : out;
}

}  // namespace

std::optional<Problem> Query::read(std::string_view text, std::initializer_list<std::string_view> known, Query& query) {
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = decode(pair.substr(0, equals));
    const auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return bad_request("the query holds a '%' that two hexadecimal digits do not follow");
    if (*name == "api-version") continue;
    if (std::find(known.begin(), known.end(), *name) == known.end())
      return bad_request("the query parameter \"" + *name + "\" is not known here; known: " + list_of(known), *name);
    if (!query.values_.emplace(*name, *value).second)
      return bad_request("the query parameter \"" + *name + "\" is there twice", *name);
  }
  return std::nullopt;
}

std::optional<std::string_view> Query::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<Problem> Query::number(std::string_view name, std::size_t least, std::size_t most, std::size_t fallback,
                                     std::size_t& out) const {
  out = fallback;
  const auto text = find(name);
  if (!text) return std::nullopt;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), out);
  if (parsed.ec == std::errc{} && parsed.ptr == text->data() + text->size() && out >= least && out <= most)
    return std::nullopt;
  return bad_request(
      std::string(name) + ": expected a whole number from " + std::to_string(least) + " to " + std::to_string(most),
      name);
}

std::optional<Problem> Query::yes_or_no(std::string_view name, bool fallback, bool& out) const {
  out = fallback;
  const auto text = find(name);
  if (!text) return std::nullopt;
  if (*text != "true" && *text != "false") return bad_request(std::string(name) + ": expected true or false", name);
  out = *text == "true";
  return std::nullopt;
}

}  // namespace management
