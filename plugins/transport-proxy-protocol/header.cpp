#include "header.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace transport_proxy_protocol {
namespace {

constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kBinary("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kMostText = 107;  // of a v1 line with its CR LF
constexpr std::size_t kFixed = 16;      // bytes of a v2 header before its addresses

Read malformed(std::string_view why) { return {Outcome::malformed, {}, why}; }

std::uint8_t byte(std::string_view text, std::size_t at) noexcept { return static_cast<std::uint8_t>(text[at]); }
std::size_t two_bytes(std::string_view text, std::size_t at) noexcept {
  return static_cast<std::size_t>(byte(text, at) << 8 | byte(text, at + 1));
}

std::string joined(std::string_view address, bool v6, std::string_view port) {
  std::string text = v6 ? "[" : "";
  text.append(address).append(v6 ? "]:" : ":");
  return text.append(port);
}

// ---- version 1: one line of text

bool is_address(const std::string& text, bool v6) {
  std::array<unsigned char, sizeof(in6_addr)> address;
  return inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), address.data()) == 1;
}

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port <= 65535 &&
         (text.size() == 1 || text.front() != '0');
}

Read read_text(std::string_view begin) {
  const std::size_t end = begin.find('\n');
  if (end == std::string_view::npos) {
    return begin.size() < kMostText ? Read{} : malformed("the PROXY line does not end");
  }
  if (end + 1 > kMostText || begin[end - 1] != '\r') return malformed("the PROXY line does not end in CR LF");
  std::string_view rest = begin.substr(kText.size(), end - 1 - kText.size());
  std::array<std::string_view, 5> word;
  std::size_t words = 0;
  for (; words < word.size() && !rest.empty(); ++words) {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    word[words] = rest.substr(0, blank);
    rest.remove_prefix(std::min(blank + 1, rest.size()));
  }
  Read read{Outcome::complete, {}, {}};
  read.header.bytes = end + 1;
  if (word[0] == "UNKNOWN") return read;
  const bool v6 = word[0] == "TCP6";
  if (!v6 && word[0] != "TCP4") return malformed("the PROXY line names no protocol it knows");
  const bool whole = words == 5 && rest.empty() && is_address(std::string(word[1]), v6) &&
                     is_address(std::string(word[2]), v6) && is_port(word[3]) && is_port(word[4]);
  if (!whole) return malformed("the PROXY line holds no two addresses and ports");
  read.header.peer = joined(word[1], v6, word[3]);
  return read;
}

// ---- version 2: binary

// CRC-32C over the header with the checksum's own bytes as zeros.
std::uint32_t crc32c(std::string_view data, std::size_t zeros_at) {
  std::uint32_t crc = 0xffffffff;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const bool own = i >= zeros_at && i < zeros_at + 4;
    crc ^= own ? 0 : byte(data, i);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82f63b78 & (0 - (crc & 1)));
  }
  return ~crc;
}

enum Fact : std::uint8_t {
  kAuthority = 0x02,
  kChecksum = 0x03,
  kTls = 0x20,
  kTlsVersion = 0x21,
  kTlsName = 0x22,
  kTlsCipher = 0x23
};

constexpr std::uint8_t kClientTls = 0x01;
constexpr std::uint8_t kCertificates = 0x02 | 0x04;  // shown on this connection, or in this session

// Calls use(type, value, where the value begins) for each fact; false when they do not fit each other.
template <typename Use>
bool each_fact(std::string_view header, std::size_t at, std::size_t end, Use use) {
  while (at < end) {
    if (end - at < 3) return false;
    const std::size_t size = two_bytes(header, at + 1);
    if (end - at - 3 < size) return false;
    if (!use(byte(header, at), header.substr(at + 3, size), at + 3)) return false;
    at += 3 + size;
  }
  return true;
}

bool take_tls(std::string_view header, std::string_view value, std::size_t at, Header& known) {
  if (value.size() < 5) return false;
  const std::uint8_t client = byte(value, 0);
  const bool verified = two_bytes(value, 1) == 0 && two_bytes(value, 3) == 0;
  known.client_verified = (client & kClientTls) != 0 && (client & kCertificates) != 0 && verified;
  return each_fact(header, at + 5, at + value.size(), [&](std::uint8_t type, std::string_view text, std::size_t) {
    if (type == kTlsVersion) known.tls_version = text;
    if (type == kTlsCipher) known.tls_cipher = text;
    if (type == kTlsName) known.client_name = text;
    return true;
  });
}

bool take_addresses(std::string_view addresses, std::uint8_t family, Header& known) {
  const bool v6 = family == 0x21;
  if (!v6 && family != 0x11) return true;  // unspecified, datagrams or Unix sockets: nothing to say
  const std::size_t size = v6 ? 16 : 4;
  if (addresses.size() < 2 * size + 4) return false;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, addresses.data(), text.data(), text.size());
  known.peer = joined(text.data(), v6, std::to_string(two_bytes(addresses, 2 * size)));
  return true;
}

std::size_t address_bytes(std::uint8_t family) {
  switch (family >> 4) {
    case 1:
      return 12;
    case 2:
      return 36;
    case 3:
      return 216;
    default:
      return 0;
  }
}

Read read_binary(std::string_view begin) {
  if (begin.size() < kFixed) return {};
  const std::uint8_t command = byte(begin, 12);
  if (command >> 4 != 2) return malformed("the PROXY header's version is not 2");
  if ((command & 15) > 1) return malformed("the PROXY header's command is unknown");
  const std::size_t size = kFixed + two_bytes(begin, 14);
  if (size > kMostBytes) return malformed("the PROXY header is too long");
  if (begin.size() < size) return {};
  const std::string_view header = begin.substr(0, size);
  Read read{Outcome::complete, {}, {}};
  read.header.bytes = size;
  if ((command & 15) == 0) return read;  // LOCAL: the proxy itself, as for a health check
  const std::uint8_t family = byte(begin, 13);
  const std::size_t facts = std::min(size, kFixed + address_bytes(family));
  if (!take_addresses(header.substr(kFixed), family, read.header)) return malformed("the PROXY header lacks addresses");
  const bool sound = each_fact(header, facts, size, [&](std::uint8_t type, std::string_view value, std::size_t at) {
    if (type == kAuthority) read.header.host = value;
    if (type == kTls) return take_tls(header, value, at, read.header);
    if (type != kChecksum) return true;
    const std::uint32_t said = value.size() != 4 ? 0
                                                 : static_cast<std::uint32_t>(two_bytes(value, 0) << 16) |
                                                       static_cast<std::uint32_t>(two_bytes(value, 2));
    return value.size() == 4 && said == crc32c(header, at);
  });
  return sound ? read : malformed("the PROXY header's further facts are damaged");
}

}  // namespace

bool may_begin(std::string_view begin, bool& certain) noexcept {
  for (const std::string_view mark : {kText, kBinary}) {
    if (begin.substr(0, mark.size()) != mark.substr(0, begin.size())) continue;
    certain = begin.size() >= mark.size();
    return true;
  }
  return false;
}

Read read_header(std::string_view begin) {
  bool certain = false;
  if (!may_begin(begin, certain)) return malformed("no PROXY header stands before the connection");
  if (!certain) return {};
  return begin.starts_with(kText) ? read_text(begin) : read_binary(begin);
}

}  // namespace transport_proxy_protocol
