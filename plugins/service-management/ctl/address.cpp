#include "ctl/address.hpp"

#include <arpa/inet.h>

#include "common/http/url.hpp"

namespace management::ctl {
namespace {

constexpr std::string_view kUnix = "unix:";

std::string without_slash(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text;
}

trellis::Result<Address> parse_unix(std::string_view rest, const Api& api) {
  Address address;
  address.api = &api;
  const std::size_t mount = rest.find(":/");
  address.socket = rest.substr(0, mount);
  if (!address.socket.starts_with('/')) return trellis::fail("the path of a Unix socket begins with '/': unix:/run/…");
  address.mount =
      without_slash(std::string(mount == std::string_view::npos ? api.usual_mount : rest.substr(mount + 1)));
  address.host_field = "localhost";
  address.text = std::string(kUnix) + address.socket;
  return address;
}

bool is_loopback(const std::string& host) {
  in_addr address{};  // a name may begin with 127. too
  return host == "::1" || (host.starts_with("127.") && inet_pton(AF_INET, host.c_str(), &address) == 1);
}

// Of the example, for what is said about tunnels.
std::string port_of(const Api& api) { return std::to_string(trellis::http::parse_url(api.example)->port); }

}  // namespace

trellis::Result<Address> parse_address(std::string_view text, const Api& api) {
  if (text.starts_with(kUnix)) return parse_unix(text.substr(kUnix.size()), api);
  if (text.find("://") == std::string_view::npos)
    return trellis::fail("expected " + std::string(api.example) + " or unix:/run/trellis/admin.sock");
  const auto url = trellis::http::parse_url(text);
  if (!url) return url.error();
  if (url->secure)
    return trellis::fail(
        "https is not spoken by trellis ctl; use the broker's Unix socket, or a tunnel to its loopback port: "
        "ssh -L " +
        port_of(api) + ":127.0.0.1:" + port_of(api) + " broker.example.com");
  const std::string host = url->host == "localhost" ? "127.0.0.1" : url->host;
  if (!is_loopback(host))
    return trellis::fail(url->host +
                         " is not this machine, and what opens the broker would cross the network in plain text; use a "
                         "tunnel: ssh -L " +
                         port_of(api) + ":127.0.0.1:" + port_of(api) + ' ' + url->host + ", then " +
                         std::string(api.option) + ' ' + std::string(api.example));
  Address address;
  address.api = &api;
  address.host = host;
  address.port = url->port;
  address.host_field = url->authority();
  const bool bare = text.find('/', text.find("://") + 3) == std::string_view::npos;
  address.mount = bare ? std::string(api.usual_mount) : without_slash(url->target);
  address.text = address.host_field;
  return address;
}

}  // namespace management::ctl
