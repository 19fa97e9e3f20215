// Structs of the contract as bytes and back, and bytes that are none.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <trellis/isolation/contract.hpp>

namespace trellis::isolation {
namespace {

trellis_view view(std::string_view text) { return {text.data(), text.size()}; }
std::string_view text(trellis_view view) { return {view.data, view.size}; }

trellis_message sample(const trellis_pair* properties, std::uint32_t count) {
  trellis_message message{};
  message.struct_size = sizeof message;
  message.flags = TRELLIS_MESSAGE_RETAIN;
  message.topic = view("sensors/7");
  message.payload = view("21.5");
  message.user_properties = properties;
  message.user_property_count = count;
  message.qos = 1;
  message.published_at_ms = 1234567890123;
  message.publisher = view("boiler");
  return message;
}

template <typename Struct>
std::string bytes_of(const Struct& from) {
  Encoder out;
  fields(out, from);
  return std::string(out.bytes());
}

TEST(Wire, AMessageComesBackAsItWas) {
  const trellis_pair properties[] = {{view("unit"), view("C")}, {view(""), view("empty name")}};
  const std::string bytes = bytes_of(sample(properties, 2));
  Decoder in(bytes);
  trellis_message message{};
  fields(in, message);
  ASSERT_TRUE(in.done());
  EXPECT_EQ(message.struct_size, sizeof message);
  EXPECT_EQ(message.flags, TRELLIS_MESSAGE_RETAIN);
  EXPECT_EQ(text(message.topic), "sensors/7");
  EXPECT_EQ(text(message.payload), "21.5");
  ASSERT_EQ(message.user_property_count, 2u);
  EXPECT_EQ(text(message.user_properties[0].name), "unit");
  EXPECT_EQ(text(message.user_properties[1].value), "empty name");
  EXPECT_EQ(message.published_at_ms, 1234567890123);
  EXPECT_EQ(text(message.publisher), "boiler");
}

TEST(Wire, CredentialsKeepTheirCertificates) {
  const trellis_view chain[] = {view("leaf"), view("root")};
  trellis_credentials credentials{};
  credentials.username = view("ada");
  credentials.password = view(std::string_view("\0\1", 2));
  credentials.certificates = chain;
  credentials.certificate_count = 2;
  const std::string bytes = bytes_of(credentials);
  Decoder in(bytes);
  trellis_credentials back{};
  fields(in, back);
  ASSERT_TRUE(in.done());
  EXPECT_EQ(text(back.password), std::string_view("\0\1", 2));
  ASSERT_EQ(back.certificate_count, 2u);
  EXPECT_EQ(text(back.certificates[1]), "root");
}

TEST(Wire, EveryCutIsNoticed) {
  const trellis_pair properties[] = {{view("unit"), view("C")}};
  const std::string whole = bytes_of(sample(properties, 1));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    Decoder in(cut);
    trellis_message message{};
    fields(in, message);
    EXPECT_TRUE(in.failed()) << size;
  }
}

TEST(Wire, ALengthThatIsNotThereReadsAsNothing) {
  Encoder out;
  out(UINT32_MAX);
  Decoder in(out.bytes());
  EXPECT_EQ(in.text(), "");
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.number<std::uint64_t>(), 0u) << "nothing follows what was not there";
}

TEST(Wire, AListLongerThanItsBytesIsNotMade) {
  Encoder out;
  out(UINT32_MAX);
  out(std::uint64_t{0});
  Decoder in(out.bytes());
  const trellis_pair* pairs = nullptr;
  std::uint32_t count = 1;
  in(pairs, count);
  EXPECT_EQ(count, 0u);
  EXPECT_TRUE(in.failed());
}

TEST(Wire, WhatIsLeftOverIsSeen) {
  Encoder out;
  out(std::uint32_t{7});
  out(std::uint32_t{8});
  Decoder in(out.bytes());
  EXPECT_EQ(in.number<std::uint32_t>(), 7u);
  EXPECT_FALSE(in.done());
  EXPECT_FALSE(in.failed());
}

}  // namespace
}  // namespace trellis::isolation
