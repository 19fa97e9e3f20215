#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstring>
#include <trellis/runtime/address.hpp>

namespace trellis::runtime {
namespace {

const sockaddr_in& v4(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_in&>(storage); }
const sockaddr_in6& v6(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_in6&>(storage); }

}  // namespace

bool Address::loopback() const noexcept {
  if (storage.ss_family == AF_INET) return (ntohl(v4(storage).sin_addr.s_addr) >> 24) == 127;
  if (storage.ss_family != AF_INET6) return storage.ss_family == AF_UNIX;
  const in6_addr& address = v6(storage).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return address.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&address);
}

std::uint16_t Address::port() const noexcept {
  if (storage.ss_family == AF_INET) return ntohs(v4(storage).sin_port);
  if (storage.ss_family == AF_INET6) return ntohs(v6(storage).sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) noexcept {
  if (storage.ss_family == AF_INET) reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
  if (storage.ss_family == AF_INET6) reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(port);
}

std::string Address::text() const {
  if (is_unix()) return std::string("unix:") + reinterpret_cast<const sockaddr_un&>(storage).sun_path;
  char buffer[PeerAddress::kTextBytes];
  return std::string(PeerAddress(*this).text(buffer));
}

PeerAddress::PeerAddress(const Address& address) noexcept : port_(address.port()), family_(address.storage.ss_family) {
  if (family_ == AF_INET) std::memcpy(bytes_, &v4(address.storage).sin_addr, 4);
  if (family_ == AF_INET6) std::memcpy(bytes_, &v6(address.storage).sin6_addr, 16);
}

std::optional<IpAddress> PeerAddress::ip() const noexcept {
  if (family_ == AF_INET) return v4_address(bytes_);
  if (family_ != AF_INET6) return std::nullopt;
  return std::to_array(bytes_);
}

std::string_view PeerAddress::text(char (&buffer)[kTextBytes]) const noexcept {
  char* at = buffer;
  char* const end = buffer + kTextBytes;
  if (family_ == AF_INET) {
    for (int i = 0; i < 4; ++i) {  // once per connection, and inet_ntop() takes its time
      if (i > 0) *at++ = '.';
      at = std::to_chars(at, end, bytes_[i]).ptr;
    }
  } else if (family_ == AF_INET6) {
    *at++ = '[';
    inet_ntop(AF_INET6, bytes_, at, INET6_ADDRSTRLEN);
    at += std::strlen(at);
    *at++ = ']';
  } else {
    return family_ == AF_UNIX ? "unix" : "unknown";
  }
  *at++ = ':';
  at = std::to_chars(at, end, port_).ptr;
  return {buffer, static_cast<std::size_t>(at - buffer)};
}

std::vector<Address> resolve(std::string_view text, std::string& error) {
  if (text.starts_with("unix:")) {
    Address address;
    auto& path = reinterpret_cast<sockaddr_un&>(address.storage);
    path.sun_family = AF_UNIX;
    text.substr(5).copy(path.sun_path, sizeof path.sun_path - 1);
    address.size = sizeof path;
    return {address};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    error = "\"" + std::string(text) + "\" has no port; write host:port";
    return {};
  }
  std::string host(text.substr(0, colon));
  const std::string port(text.substr(colon + 1));
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const bool any = host.empty() || host == "*";
  const int code = getaddrinfo(any ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (code != 0) {
    error = "\"" + std::string(text) + "\": " + gai_strerror(code);
    return {};
  }
  std::vector<Address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    Address address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    addresses.push_back(address);
  }
  freeaddrinfo(found);
  return addresses;
}

Address local_address(int fd) noexcept {
  Address address;
  address.size = sizeof address.storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) address.size = 0;
  return address;
}

}  // namespace trellis::runtime
