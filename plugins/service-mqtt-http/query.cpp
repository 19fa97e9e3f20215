#include "query.hpp"

#include <algorithm>
#include <charconv>
#include <trellis/topic.hpp>

#include "common/base64/base64.hpp"
#include "common/http/target.hpp"

namespace mqtt_http {
namespace {

constexpr std::size_t kMostParameters = 100;

std::string list_of(std::initializer_list<std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out.empty() ? "none" : out;
}

}  // namespace

std::optional<Problem> Query::read(std::string_view text, std::initializer_list<std::string_view> known,
                                   std::string_view repeated, Query& query) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = trellis::http::percent_decode(pair.substr(0, equals));
    auto value = trellis::http::percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return bad_request("the query holds a '%' that two hexadecimal digits do not follow");
    if (*name == "api-version") continue;
    if (std::find(known.begin(), known.end(), *name) == known.end())
      return bad_request("the query parameter " + in_quotes(*name) + " is not known here; known: " + list_of(known));
    if (*name != repeated && query.find(*name))
      return bad_request("the query parameter " + in_quotes(*name) + " is there twice", *name);
    if (query.values_.size() == kMostParameters) return bad_request("the query has more than 100 parameters");
    query.values_.emplace_back(std::move(*name), std::move(*value));
  }
  return std::nullopt;
}

std::optional<std::string_view> Query::find(std::string_view name) const {
  for (const auto& [known, value] : values_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Query::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [known, value] : values_) {
    if (known == name) found.push_back(value);
  }
  return found;
}

std::optional<Problem> Query::number(std::string_view name, std::size_t least, std::size_t most, std::size_t fallback,
                                     std::size_t& out) const {
  out = fallback;
  const auto text = find(name);
  if (!text) return std::nullopt;
  const auto read = read_number(*text);
  if (read && *read >= least && *read <= most) {
    out = *read;
    return std::nullopt;
  }
  return bad_request("found " + in_quotes(*text) + ", expected a whole number from " + std::to_string(least) + " to " +
                         std::to_string(most),
                     std::string(name));
}

std::optional<std::size_t> read_number(std::string_view text) noexcept {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

// "<bytes of the filter>:<filter><topic>": both may hold any letter.
std::string Continuation::token() const {
  std::string text = common::to_base64(std::to_string(filter.size()) + ":" + filter + topic);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<Continuation> Continuation::read(std::string_view token) {
  std::string text(token);
  if (text.find_first_of("+/") != std::string::npos) return std::nullopt;
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  const auto plain = common::from_base64(text);
  const std::size_t colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  const auto size = read_number(std::string_view(*plain).substr(0, colon));
  if (!size || *size > plain->size() - colon - 1) return std::nullopt;
  Continuation read{plain->substr(colon + 1, *size), plain->substr(colon + 1 + *size)};
  if (!trellis::valid_topic_filter(read.filter) || !trellis::valid_topic_name(read.topic)) return std::nullopt;
  return read;
}

bool comes_before(std::string_view topic, std::string_view other) noexcept {
  trellis::LevelCursor a(topic);
  trellis::LevelCursor b(other);
  while (a.more() && b.more()) {
    const int order = a.next().compare(b.next());
    if (order != 0) return order < 0;
  }
  return b.more();
}

}  // namespace mqtt_http
