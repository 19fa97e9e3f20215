// The header itself, version 1 and 2.
#include "header.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace transport_proxy_protocol {
namespace {

std::string binary(char command, char family, std::string_view rest) {
  std::string text("\r\n\r\n\0\r\nQUIT\n", 12);
  text += command;
  text += family;
  text += static_cast<char>(rest.size() >> 8);
  text += static_cast<char>(rest.size() & 0xff);
  return text.append(rest);
}

std::string fact(int type, std::string_view value) {
  std::string text{static_cast<char>(type), static_cast<char>(value.size() >> 8),
                   static_cast<char>(value.size() & 0xff)};
  return text.append(value);
}

const std::string kFour("\x01\x02\x03\x04\x05\x06\x07\x08\x9c\x40\x07\x5b", 12);  // 1.2.3.4:40000 to 5.6.7.8:1883

TEST(TextHeader, NamesTheClient) {
  const Read read = read_header("PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883\r\nrest");
  ASSERT_EQ(read.outcome, Outcome::complete);
  EXPECT_EQ(read.header.peer, "192.0.2.7:40000");
  EXPECT_EQ(read.header.bytes, 46U);
  EXPECT_EQ(read_header("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n").header.peer, "[2001:db8::1]:1");
}

TEST(TextHeader, UnknownLeavesTheRealClient) {
  EXPECT_EQ(read_header("PROXY UNKNOWN\r\n").outcome, Outcome::complete);
  EXPECT_EQ(read_header("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n").header.peer, "");
}

TEST(TextHeader, IsWaitedForByteByByte) {
  const std::string whole = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read_header(std::string_view(whole).substr(0, size)).outcome, Outcome::wants_more) << size;
  }
}

TEST(TextHeader, EverythingElseIsMalformed) {
  for (const std::string& wrong : std::vector<std::string>{
           "PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883\n", "PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n",
           "PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883 x\r\n", "PROXY TCP4 192.0.2.700 198.51.100.1 1 2\r\n",
           "PROXY TCP4 ::1 ::2 1 2\r\n", "PROXY TCP4 192.0.2.7  198.51.100.1 1 2\r\n",
           "PROXY TCP4 192.0.2.7 198.51.100.1 65536 1\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 01 1\r\n",
           "PROXY UDP4 192.0.2.7 198.51.100.1 1 1\r\n", "PROXY " + std::string(200, 'x'), "GET / HTTP/1.1\r\n",
           "PROXX "}) {
    EXPECT_EQ(read_header(wrong).outcome, Outcome::malformed) << wrong;
  }
}

TEST(BinaryHeader, NamesTheClient) {
  const std::string header = binary('\x21', '\x11', kFour);
  const Read read = read_header(header + "rest");
  ASSERT_EQ(read.outcome, Outcome::complete);
  EXPECT_EQ(read.header.peer, "1.2.3.4:40000");
  EXPECT_EQ(read.header.bytes, header.size());
  std::string six(36, '\0');
  six[15] = 1;
  six[33] = 9;
  EXPECT_EQ(read_header(binary('\x21', '\x21', six)).header.peer, "[::1]:9");
}

TEST(BinaryHeader, LocalAndOtherFamiliesLeaveTheRealClient) {
  EXPECT_EQ(read_header(binary('\x20', '\x11', kFour)).header.peer, "");
  EXPECT_EQ(read_header(binary('\x21', '\0', "")).outcome, Outcome::complete);
  EXPECT_EQ(read_header(binary('\x21', '\x31', std::string(216, 'x'))).outcome, Outcome::complete);
}

TEST(BinaryHeader, IsWaitedForByteByByte) {
  const std::string whole = binary('\x21', '\x11', kFour + fact(2, "host.example"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read_header(std::string_view(whole).substr(0, size)).outcome, Outcome::wants_more) << size;
  }
}

TEST(BinaryHeader, FurtherFactsAreTold) {
  const std::string tls = std::string("\x07\0\0\0\0", 5) + fact(0x21, "TLSv1.3") + fact(0x22, "device-1") +
                          fact(0x23, "TLS_AES_128_GCM_SHA256");
  const Read read = read_header(binary('\x21', '\x11', kFour + fact(2, "b.example") + fact(4, "??") + fact(0x20, tls)));
  ASSERT_EQ(read.outcome, Outcome::complete);
  EXPECT_EQ(read.header.host, "b.example");
  EXPECT_EQ(read.header.tls_version, "TLSv1.3");
  EXPECT_EQ(read.header.tls_cipher, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(read.header.client_name, "device-1");
  EXPECT_TRUE(read.header.client_verified);
}

TEST(BinaryHeader, CertificateThatFailedOrWasNotShownIsNotVerified) {
  for (const std::string& tls : {std::string("\x07\0\0\0\1", 5), std::string("\x01\0\0\0\0", 5)}) {
    EXPECT_FALSE(read_header(binary('\x21', '\x11', kFour + fact(0x20, tls))).header.client_verified);
  }
}

TEST(BinaryHeader, ChecksumIsChecked) {
  // CRC-32C of the header with zeros in its own place.
  std::string header = binary('\x21', '\x11', kFour + fact(3, std::string(4, '\0')));
  EXPECT_EQ(read_header(header).outcome, Outcome::malformed);
  std::uint32_t crc = 0xffffffff;
  for (const char c : header) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
  }
  crc = ~crc;
  for (std::size_t i = 0; i < 4; ++i) header[header.size() - 4 + i] = static_cast<char>(crc >> (24 - 8 * i));
  EXPECT_EQ(read_header(header).outcome, Outcome::complete);
}

TEST(BinaryHeader, EverythingElseIsMalformed) {
  for (const std::string& wrong :
       {binary('\x11', '\x11', kFour), binary('\x22', '\x11', kFour), binary('\x21', '\x11', "short"),
        binary('\x21', '\x11', kFour + "x"), binary('\x21', '\x11', kFour + std::string("\x02\0\x05xx", 5)),
        binary('\x21', '\x11', kFour + fact(0x20, "xx")), binary('\x21', '\x11', std::string(5000, 'x'))}) {
    EXPECT_EQ(read_header(wrong).outcome, Outcome::malformed);
  }
}

}  // namespace
}  // namespace transport_proxy_protocol
