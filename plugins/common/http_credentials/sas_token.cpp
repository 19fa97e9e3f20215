#include "common/http_credentials/sas_token.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base64/base64.hpp"
#include "common/http/characters.hpp"
#include "common/http/target.hpp"
#include "common/http_credentials/expiry.hpp"

namespace http_credentials {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::Status;

constexpr std::size_t kLongest = 4 * 1024;
constexpr std::size_t kSignatureBytes = 32;

trellis::Error malformed(std::string_view what) { return fail("the SAS token " + std::string(what), Status::invalid); }

// As forms do: some clients write '+' for a blank.
std::optional<std::string> decode(std::string_view text) {
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  return trellis::http::percent_decode(blanks);
}

/// The words of the API's paths that names follow.
bool is_word(std::string_view segment) {
  using trellis::http::equals_ignoring_case;
  return equals_ignoring_case(segment, "topics") || equals_ignoring_case(segment, "eventsubscriptions");
}
bool same_word(std::string_view a, std::string_view b) {
  return is_word(a) && trellis::http::equals_ignoring_case(a, b);
}

/// What stands behind the first '/', up to the next one; the rest stays.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(path.empty() ? 0 : 1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

std::string without_slash(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

struct Resource {
  std::string host;
  std::string path;
};

// A query some clients put behind it means nothing.
std::optional<Resource> parse_resource(std::string_view url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = url.substr(0, begin);
  using trellis::http::equals_ignoring_case;
  if (!equals_ignoring_case(scheme, "https") && !equals_ignoring_case(scheme, "http")) return std::nullopt;
  url = url.substr(begin + 3);
  url = url.substr(0, url.find_first_of("?#"));
  std::string_view host = url.substr(0, url.find('/'));
  std::string_view path = url.substr(host.size());
  const std::size_t port = host.rfind(':');
  if (port != std::string_view::npos && host.find(']', port) == std::string_view::npos) host = host.substr(0, port);
  if (host.empty() || host.find('@') != std::string_view::npos) return std::nullopt;
  if (path.empty()) path = "/";
  const auto target = trellis::http::parse_target(path, "GET");
  if (!target) return std::nullopt;
  return Resource{std::string(host), without_slash(target->path)};
}

}  // namespace

Result<SasToken> SasToken::parse(std::string_view text) {
  if (text.size() > kLongest) return malformed("has more than 4096 bytes");
  const std::size_t expiry = text.find("&e=");
  const std::size_t signature = text.find("&s=");
  if (!text.starts_with("r=") || expiry == std::string_view::npos || signature == std::string_view::npos ||
      signature < expiry || std::ranges::count(text, '&') != 2) {
    return malformed("is not of the form r=…&e=…&s=…");
  }
  SasToken token;
  token.signed_text_ = text.substr(0, signature);
  const auto url = decode(text.substr(2, expiry - 2));
  auto resource = url ? parse_resource(*url) : std::nullopt;
  if (!resource) return malformed("has an 'r' that is no address");
  token.host_ = std::move(resource->host);
  token.path_ = std::move(resource->path);
  const auto until = decode(text.substr(expiry + 3, signature - expiry - 3));
  const auto expires = until ? parse_expiry(*until) : std::nullopt;
  if (!expires) return malformed("has an 'e' that is no time");
  token.expires_ = *expires;
  // A '+' that a client forgot to encode is one: no blank is part of base64.
  const auto base64 = trellis::http::percent_decode(text.substr(signature + 3));
  auto bytes = base64 ? common::from_base64(*base64) : std::nullopt;
  if (!bytes || bytes->size() != kSignatureBytes) return malformed("has an 's' that is no signature");
  token.signature_ = std::move(*bytes);
  return token;
}

bool SasToken::is_for(std::string_view host) const noexcept {
  return !host.empty() && trellis::http::equals_ignoring_case(host, host_);
}

bool SasToken::covers(std::string_view path) const noexcept {
  std::string_view mine = path_;
  bool name = false;  // the segment is one that somebody chose
  while (!mine.empty()) {
    const std::string_view wanted = take_segment(mine);
    std::string_view segment = take_segment(path);
    // An operation stands behind the last one.
    if (mine.empty() && segment.starts_with(wanted) && segment.substr(wanted.size()).starts_with(':')) return true;
    if (segment != wanted && (name || !same_word(segment, wanted))) return false;
    name = !name && is_word(wanted);
  }
  return true;
}

}  // namespace http_credentials
