#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <trellis/schema/formats.hpp>
#include <trellis/schema/source_text.hpp>

namespace trellis::schema {

namespace {

constexpr std::size_t kLongestUnixPath = 107;  // sun_path with its terminating zero
constexpr std::size_t kLongestTopic = 65535;

Failure refuse_address(std::string_view text, std::string_view why, const std::string& suggestion = {}) {
  return {fmt::format("\"{}\" {}; expected {}", text, why, kAddressGrammar),
          suggestion.empty() ? std::string{} : '"' + suggestion + '"'};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_ip4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ip6(std::string host) {
  if (const auto zone = host.find('%'); zone != std::string::npos) host.resize(zone);
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_host_name(std::string_view host) {
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
  };
  const bool numbers_only = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host.size() <= 253 && !numbers_only && std::all_of(host.begin(), host.end(), fits) && host.front() != '-' &&
         host.front() != '.' && host.find("..") == std::string_view::npos;
}

Result<Address> parse_unix(std::string_view text) {
  const std::string path(text.substr(5));
  if (path.empty()) return refuse_address(text, "has no path");
  if (path.size() > kLongestUnixPath) return refuse_address(text, "has a path longer than 107 bytes");
  if (path[0] != '/') return refuse_address(text, "has a path that does not begin with /");
  return Address{Address::Kind::unix_socket, path, 0};
}

// As FileDescriptorName= in systemd.socket(5).
Result<Address> parse_inherited(std::string_view text) {
  const std::string name(text.substr(8));
  if (name.empty() || name.size() > 255 || name.find(':') != std::string::npos) {
    return refuse_address(text, "has no name of 1 to 255 characters without ':'");
  }
  return Address{Address::Kind::inherited, name, 0};
}

Failure control_character(std::string_view what) {
  return {fmt::format("{} may not contain control characters", what)};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  if (has_control(text)) return control_character("an address");
  if (text.starts_with("unix:")) return parse_unix(text);
  if (text.starts_with("systemd:")) return parse_inherited(text);
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    return refuse_address(text, "has a scheme, which does not belong here", std::string(text.substr(scheme + 3)));
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse_address(text, "has no port");
  std::string host(text.substr(0, colon));
  const std::string port_text(text.substr(colon + 1));

  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (text.ends_with(']')) return refuse_address(text, "has no port");
  if (!bracketed && host.find(':') != std::string::npos) {
    const bool meant = is_ip6(host);
    return refuse_address(text, "is an IPv6 address without brackets", meant ? "[" + host + "]:" + port_text : "");
  }
  const auto port = parse_port(port_text);
  if (!port) return refuse_address(text, "has no port from 0 to 65535");
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
    if (!is_ip6(host)) return refuse_address(text, "has no IPv6 address in its brackets");
    return Address{Address::Kind::ip6, host, *port};
  }
  if (host.empty()) return refuse_address(text, "has no host", "0.0.0.0:" + port_text);
  if (host == "*") return Address{Address::Kind::any, host, *port};
  if (is_ip4(host)) return Address{Address::Kind::ip4, host, *port};
  if (!is_host_name(host)) return refuse_address(text, "has no valid host");
  return Address{Address::Kind::name, host, *port};
}

Result<std::string> parse_topic(std::string_view text) {
  if (text.empty()) return Failure{"a topic may not be empty"};
  if (text.size() > kLongestTopic) return Failure{"a topic may not be longer than 65535 bytes"};
  if (text.find('\0') != std::string_view::npos) return Failure{"a topic may not contain U+0000"};
  if (text.find_first_of("+#") != std::string_view::npos) {
    return Failure{fmt::format("\"{}\" contains a wildcard; expected the name of one topic", text)};
  }
  return std::string(text);
}

Result<std::string> parse_topic_filter(std::string_view text) {
  if (text.empty()) return Failure{"a topic filter may not be empty"};
  if (text.size() > kLongestTopic) return Failure{"a topic filter may not be longer than 65535 bytes"};
  if (text.find('\0') != std::string_view::npos) return Failure{"a topic filter may not contain U+0000"};
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view level = text.substr(begin, end - begin);
    if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos) {
      return Failure{
          fmt::format("\"{}\" has a wildcard beside other characters; expected + or # alone between slashes", text)};
    }
    if (level == "#" && end != text.size()) {
      return Failure{fmt::format("\"{}\" has # before the end; expected it as the last level only", text)};
    }
    begin = end + 1;
  }
  return std::string(text);
}

Result<std::string> parse_path(std::string_view text) {
  if (text.empty()) return Failure{"a path may not be empty"};
  if (has_control(text)) return control_character("a path");
  return std::string(text);
}

}  // namespace trellis::schema
