#include "connection_string.hpp"

#include <algorithm>
#include <charconv>

namespace common {
namespace {

using trellis::fail;
using trellis::Result;

constexpr std::size_t kMostBytes = 4096;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_name(std::string_view text, std::string_view name) {
  return std::equal(text.begin(), text.end(), name.begin(), name.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

Result<void> read_endpoint(std::string_view value, ConnectionString& out) {
  static constexpr std::string_view kScheme = "sb://";
  if (!is_name(value.substr(0, kScheme.size()), kScheme)) return fail("Endpoint does not begin with sb://");
  std::string_view rest = value.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  out.host = rest.substr(0, colon);
  if (!is_host(out.host)) return fail("Endpoint has no host name, as in sb://plant.servicebus.windows.net/");
  if (colon == rest.size()) return trellis::ok();
  const char* const end = rest.data() + rest.size();
  const auto [stopped, error] = std::from_chars(rest.data() + colon + 1, end, out.port);
  if (error != std::errc() || stopped != end || out.port == 0) return fail("Endpoint has a port that is none");
  return trellis::ok();
}

Result<void> read_part(std::string_view name, std::string_view value, ConnectionString& out) {
  if (is_name(name, "endpoint")) return read_endpoint(value, out);
  if (is_name(name, "sharedaccesskeyname")) {
    out.key_name = value;
  } else if (is_name(name, "sharedaccesskey")) {
    out.key = value;
  } else if (is_name(name, "entitypath")) {
    out.entity = value;
  } else if (is_name(name, "usedevelopmentemulator")) {
    out.emulator = is_name(value, "true");
  } else if (is_name(name, "sharedaccesssignature")) {
    return fail("SharedAccessSignature expires; expected SharedAccessKeyName and SharedAccessKey");
  } else if (!is_name(name, "transporttype") && !is_name(name, "operationtimeout")) {
    return fail("it has a part that is none of Endpoint, SharedAccessKeyName, SharedAccessKey, EntityPath");
  }
  return trellis::ok();
}

}  // namespace

Result<ConnectionString> ConnectionString::parse(std::string_view text) {
  ConnectionString out;
  if (text.size() > kMostBytes) return fail("it is longer than 4096 bytes");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    // Keys are base64, with '=' at their end.
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return fail("it has a part without '='");
    if (auto read = read_part(trimmed(part.substr(0, equals)), trimmed(part.substr(equals + 1)), out); !read) {
      return read.error();
    }
  }
  if (out.host.empty()) return fail("Endpoint is missing");
  if (out.key_name.empty()) return fail("SharedAccessKeyName is missing");
  if (out.key.empty()) return fail("SharedAccessKey is missing");
  return out;
}

}  // namespace common
