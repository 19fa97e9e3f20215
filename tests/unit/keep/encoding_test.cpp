// Messages as bytes and back.
#include <gtest/gtest.h>

#include <string>
#include <trellis/keeping/encoding.hpp>
#include <vector>

#include "message/publication.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

using testing::publication;

std::string full() {
  const trellis_pair properties[] = {{view_of("k1"), view_of("v1")}, {view_of("k1"), view_of("")}};
  trellis_publication given = publication(
      "a/b", std::string_view("\0binary", 7), 2,
      TRELLIS_MESSAGE_RETAIN | TRELLIS_MESSAGE_HAS_EXPIRY | TRELLIS_MESSAGE_HAS_CONTENT_TYPE | TRELLIS_MESSAGE_TEXT);
  given.content_type = view_of("type");
  given.response_topic = view_of("answers/1");
  given.correlation_data = view_of("id");
  given.user_properties = properties;
  given.user_property_count = 2;
  given.expiry_s = 60;
  std::string bytes;
  encode(*make_message(given, 5000, "publisher", "identity", 3), bytes);
  return bytes;
}

TEST(Encoding, GivesBackAllThatWasSaid) {
  const MessagePtr message = decode(full());
  ASSERT_TRUE(message);
  const trellis_message& facts = message->facts();
  EXPECT_EQ(message->topic(), "a/b");
  EXPECT_EQ(message->payload(), std::string_view("\0binary", 7));
  EXPECT_EQ(message->qos(), 2u);
  EXPECT_TRUE(message->retain());
  EXPECT_EQ(facts.flags & TRELLIS_MESSAGE_TEXT, std::uint32_t{TRELLIS_MESSAGE_TEXT});
  EXPECT_EQ(text_of(facts.content_type), "type");
  EXPECT_EQ(text_of(facts.response_topic), "answers/1");
  EXPECT_EQ(text_of(facts.correlation_data), "id");
  EXPECT_EQ(text_of(facts.publisher), "publisher");
  EXPECT_EQ(text_of(facts.publisher_identity), "identity");
  EXPECT_EQ(facts.published_at_ms, 5000);
  EXPECT_EQ(facts.expires_at_ms, 65000);
  ASSERT_EQ(facts.user_property_count, 2u);
  EXPECT_EQ(text_of(facts.user_properties[0].value), "v1");
  EXPECT_EQ(text_of(facts.user_properties[1].name), "k1");
  EXPECT_EQ(text_of(facts.user_properties[1].value), "");
  EXPECT_EQ(message->origin(), 0u) << "sessions of before are other sessions";
  std::string again;
  encode(*message, again);
  EXPECT_EQ(again, full());
}

TEST(Encoding, RefusesWhateverIsCutShortOrTooLong) {
  const std::string bytes = full();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode(bytes + '\0'));
}

TEST(Encoding, SurvivesEveryWrongByte) {
  const std::string bytes = full();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char wrong : {'\0', '\x7f', '\xff'}) {
      std::string changed = bytes;
      changed[i] = wrong;
      (void)decode(changed);  // what it says may be another message, but nothing beyond the bytes is read
    }
  }
  std::string format = bytes;
  format[0] = 2;
  EXPECT_FALSE(decode(format)) << "a format of the future";
}

}  // namespace
}  // namespace trellis::kernel
