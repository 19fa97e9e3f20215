#include "url.hpp"

#include <algorithm>
#include <charconv>
#include <trellis/host_names.hpp>
#include <trellis/networks.hpp>

#include "characters.hpp"

namespace trellis::http {
namespace {

constexpr std::size_t kUrlBytes = 8 * 1024;

Error wrong(std::string_view what) { return fail("the URL " + std::string(what), Status::invalid); }

constexpr std::uint16_t default_port(bool secure) noexcept { return secure ? 443 : 80; }

bool is_percent_encoded(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (text.size() - at < 3 || hex_value(text[at + 1]) < 0 || hex_value(text[at + 2]) < 0) return false;
  }
  return true;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

// "host", "host:1", "[::1]", "[::1]:1".
Result<void> take_authority(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) return wrong("holds a user name, which belongs into the settings");
  std::string_view rest;
  const bool bracketed = authority.starts_with('[');
  if (bracketed) {
    const std::size_t end = std::min(authority.find(']'), authority.size());
    url.host = lower_case(authority.substr(1, end - 1));
    rest = authority.substr(std::min(end + 1, authority.size()));
    if (url.host.find(':') == std::string::npos || !ip_address(url.host) || end == authority.size()) {
      return wrong("has no IPv6 address between its brackets");
    }
  } else {
    const std::size_t end = std::min(authority.find(':'), authority.size());
    url.host = lower_case(authority.substr(0, end));
    rest = authority.substr(end);
    if (!is_host_name(url.host) && !ip_address(url.host))
      return wrong("has no host, or one that is no name and no address");
  }
  if (rest.empty()) return ok();
  std::uint32_t port = 0;
  const char* const last = rest.data() + rest.size();
  const auto [end, error] = std::from_chars(rest.data() + 1, last, port);
  if (rest.front() != ':' || error != std::errc() || end != last || port == 0 || port > 65535) {
    return wrong("has a port that is not a number from 1 to 65535");
  }
  url.port = static_cast<std::uint16_t>(port);
  return ok();
}

Result<void> take_target(std::string_view target, Url& url) {
  if (!std::all_of(target.begin(), target.end(), is_target_char)) {
    return wrong("contains a blank, a control, a character above ASCII or '#'; those are percent-encoded");
  }
  if (!is_percent_encoded(target)) return wrong("has a '%' that is not followed by two hexadecimal digits");
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return ok();
}

// RFC 3986, 5.2.4, of an absolute path.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    if (segment == "/..") out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
    const bool dots = segment == "/." || segment == "/..";
    if (!dots) out.append(segment);
    if (dots && path.empty()) out.push_back('/');
  }
  return out;
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != default_port(secure)) out += ":" + std::to_string(port);
  return out;
}

std::string Url::origin() const { return (secure ? "https://" : "http://") + authority(); }

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kUrlBytes) return wrong("is longer than 8 KiB");
  const std::size_t scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_end);
  Url url;
  url.secure = equals_ignoring_case(scheme, "https");
  if (scheme_end == std::string_view::npos || (!url.secure && !equals_ignoring_case(scheme, "http"))) {
    return wrong("does not begin with https:// or http://");
  }
  url.port = default_port(url.secure);
  const std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  if (const auto taken = take_authority(rest.substr(0, authority_end), url); !taken) return taken.error();
  if (const auto taken = take_target(rest.substr(authority_end), url); !taken) return taken.error();
  return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  const std::size_t scheme_end = reference.find("://");
  if (scheme_end != std::string_view::npos && scheme_end < reference.find_first_of("/?")) return parse_url(reference);
  if (reference.starts_with("//")) return parse_url((base.secure ? "https:" : "http:") + std::string(reference));
  const std::string_view base_path = std::string_view(base.target).substr(0, base.target.find('?'));
  std::string path(reference.substr(0, reference.find('?')));
  std::string_view query = reference.substr(path.size());
  if (path.empty()) {
    path = base_path;
    if (reference.empty()) query = std::string_view(base.target).substr(base_path.size());
  } else if (path.front() != '/') {
    path.insert(0, base_path.substr(0, base_path.rfind('/') + 1));
  }
  Url url = base;
  if (const auto taken = take_target(without_dot_segments(path) + std::string(query), url); !taken)
    return taken.error();
  return url;
}

}  // namespace trellis::http
