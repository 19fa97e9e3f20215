// Text messages have to be UTF-8 (RFC 6455, 8.1), case by case as section 6 of the Autobahn suite has them.
#include "peer.hpp"

namespace transport_websocket {
namespace {

constexpr std::string_view kText = R"({"text": true})";
const std::string kKosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";

class Utf8 : public WebSocketTest {
 protected:
  bool text(std::string_view payload) {
    open(kText);
    return send({{.opcode = Opcode::text, .payload = std::string(payload)}});
  }
};

TEST_F(Utf8, TextMayBeCutAnywhere) {  // 6.2
  open(kText);
  EXPECT_TRUE(send_in_single_bytes({{.opcode = Opcode::text, .payload = kKosme}}));
  EXPECT_EQ(connection_->up(), kKosme);
  for (std::size_t cut = 0; cut <= kKosme.size(); ++cut) {
    EXPECT_TRUE(send({{.opcode = Opcode::text, .payload = kKosme.substr(0, cut), .final = false},
                      {.opcode = Opcode::continuation, .payload = kKosme.substr(cut)}}));
    EXPECT_EQ(connection_->up(), kKosme);
  }
}

TEST_F(Utf8, WrongByteFailsAtOnce) {  // 6.3, 6.4: not when the message is whole
  open(kText);
  const std::string frame =
      ClientFrame{.opcode = Opcode::text, .payload = kKosme + "\xf4\x90\x80\x80" + "edited"}.bytes();
  const std::size_t head = 6;
  EXPECT_TRUE(connection_->input(std::string_view(frame).substr(0, head + kKosme.size() + 1)));
  expect_failed(connection_->input(std::string_view(frame).substr(head + kKosme.size() + 1, 1)), CloseCode::bad_data);
}

TEST_F(Utf8, MessageMayNotEndWithinACharacter) {  // 6.6
  for (std::size_t size = 1; size < kKosme.size(); ++size) {
    const std::string part = kKosme.substr(0, size);
    const bool whole = size == 2 || size == 5 || size == 7 || size == 9;
    if (whole) {
      EXPECT_TRUE(text(part));
    } else {
      expect_failed(text(part), CloseCode::bad_data);
    }
  }
}

TEST_F(Utf8, MessageIsCheckedAnewEachTime) {
  open(kText);
  EXPECT_TRUE(send({{.opcode = Opcode::text, .payload = "a"}, {.opcode = Opcode::binary, .payload = "\xff\xfe"}}));
  EXPECT_EQ(connection_->up(), "a\xff\xfe");
}

class ValidText : public Utf8, public testing::WithParamInterface<std::string> {};
TEST_P(ValidText, IsTaken) {
  EXPECT_TRUE(text(GetParam()));
  EXPECT_EQ(connection_->up(), GetParam());
}
INSTANTIATE_TEST_SUITE_P(All, ValidText,  // 6.7 … 6.11, 6.22
                         testing::Values("\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                         "\xef\xbf\xbd", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
                                         "\xf0\x9f\xbf\xbe", std::string("\0", 1), "\x7f"));

class InvalidText : public Utf8, public testing::WithParamInterface<std::string> {};
TEST_P(InvalidText, ClosesWith1007) { expect_failed(text(GetParam()), CloseCode::bad_data); }
INSTANTIATE_TEST_SUITE_P(All, InvalidText,  // 6.12 … 6.21
                         testing::Values("\x80", "\xbf", "\x80\xbf", "\xc0 ", "\xc1\xbf", "\xe0 ", "\xf0 ", "\xf8 ",
                                         "\xfc ", "\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xdf",
                                         "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfe", "\xff", "\xc0\xaf",
                                         "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
                                         "\xed\xa0\x80", "\xed\xbf\xbf", "\xed\xa0\x80\xed\xb0\x80", "\xf4\x90\x80\x80",
                                         "\xf5\x80\x80\x80"));

}  // namespace
}  // namespace transport_websocket
