// Messages: borrowed, kept, dropped, and what is counted meanwhile.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <trellis/runtime/kept_bytes.hpp>
#include <vector>

#include "message/publication.hpp"

namespace trellis::kernel {
namespace {

using testing::publication;

trellis_pair pair(std::string_view name, std::string_view value) { return {view_of(name), view_of(value)}; }

TEST(Message, BorrowsWhatItsPublisherHandedIn) {
  const std::string topic = "a/b";
  const std::string payload = "21";
  Message message;
  message.borrow(publication(topic, payload, 1, TRELLIS_MESSAGE_RETAIN), 5000, "m1", "ada", 7);

  EXPECT_EQ(message.topic().data(), topic.data());
  EXPECT_EQ(message.payload().data(), payload.data());
  EXPECT_EQ(message.qos(), 1u);
  EXPECT_TRUE(message.retain());
  EXPECT_EQ(message.origin(), 7u);
  EXPECT_EQ(message.facts().published_at_ms, 5000);
  EXPECT_EQ(text_of(message.facts().publisher), "m1");
  EXPECT_EQ(text_of(message.facts().publisher_identity), "ada");
  EXPECT_EQ(&Message::of(&message.facts()), &message);
}

TEST(Message, KeptCarriesCopiesOfEverything) {
  MessagePtr kept;
  {
    std::string topic = "a/b";
    std::string text = "payload content-type response correlation";
    std::string first = "k1";
    std::string second = "v2";
    const trellis_pair properties[] = {pair(first, "v1"), pair("k2", second)};
    trellis_publication given = publication(topic, std::string_view(text).substr(0, 7), 2);
    given.content_type = view_of(std::string_view(text).substr(8, 12));
    given.response_topic = view_of(std::string_view(text).substr(21, 8));
    given.correlation_data = view_of(std::string_view(text).substr(30));
    given.user_properties = properties;
    given.user_property_count = 2;
    kept = make_message(given, 1, "publisher", "identity", 3);
    for (std::string* gone : {&topic, &text, &first, &second}) gone->assign(gone->size(), '?');
  }
  const trellis_message& facts = kept->facts();
  EXPECT_EQ(kept->topic(), "a/b");
  EXPECT_EQ(kept->payload(), "payload");
  EXPECT_EQ(text_of(facts.content_type), "content-type");
  EXPECT_EQ(text_of(facts.response_topic), "response");
  EXPECT_EQ(text_of(facts.correlation_data), "correlation");
  ASSERT_EQ(facts.user_property_count, 2u);
  EXPECT_EQ(text_of(facts.user_properties[0].name), "k1");
  EXPECT_EQ(text_of(facts.user_properties[0].value), "v1");
  EXPECT_EQ(text_of(facts.user_properties[1].name), "k2");
  EXPECT_EQ(text_of(facts.user_properties[1].value), "v2");
  EXPECT_EQ(text_of(facts.publisher), "publisher");
  EXPECT_EQ(text_of(facts.publisher_identity), "identity");
  EXPECT_EQ(kept->origin(), 3u);
  EXPECT_EQ(kept->qos(), 2u);
}

TEST(Message, CountsTopicPayloadAndPropertiesAsItsBytes) {
  const trellis_pair properties[] = {pair("k", "vv"), pair("", "")};
  trellis_publication given = publication("topic", "payload");
  EXPECT_EQ(make_message(given, 0, "not", "counted", 0)->bytes(), 12u);
  given.content_type = view_of("ct");
  given.response_topic = view_of("rt/x");
  given.correlation_data = view_of("c");
  EXPECT_EQ(make_message(given, 0, "", "", 0)->bytes(), 19u);
  given.user_properties = properties;
  given.user_property_count = 2;
  EXPECT_EQ(make_message(given, 0, "", "", 0)->bytes(), 22u);
}

TEST(Message, BorrowedIsCopiedOnceHoweverManyKeepIt) {
  Message borrowed;
  borrowed.borrow(publication("a", "x"), 0, "", "", 0);
  const std::int64_t before = kept_bytes();
  const MessagePtr first(borrowed);
  const std::int64_t one = kept_bytes();
  const MessagePtr second(borrowed);

  EXPECT_GT(one, before);
  EXPECT_EQ(kept_bytes(), one);
  EXPECT_EQ(first.get(), second.get());
  EXPECT_NE(first.get(), &borrowed);
}

TEST(Message, KeptIsSharedNotCopied) {
  const MessagePtr first = testing::message("a", "x");
  const MessagePtr second(*first);
  MessagePtr third;
  third = second;
  EXPECT_EQ(second.get(), first.get());
  EXPECT_EQ(third.get(), first.get());
}

TEST(Message, KeptOutlivesTheBorrowedOne) {
  MessagePtr kept;
  {
    Message borrowed;
    borrowed.borrow(publication("a", "x"), 0, "", "", 0);
    kept = MessagePtr(borrowed);
  }
  EXPECT_EQ(kept->topic(), "a");
}

TEST(Message, BorrowingAnewForgetsTheKeptCopy) {
  const std::int64_t before = kept_bytes();
  Message borrowed;
  borrowed.borrow(publication("a", "x"), 0, "", "", 0);
  MessagePtr first(borrowed);
  borrowed.borrow(publication("b", "y"), 0, "", "", 0);
  const MessagePtr second(borrowed);
  EXPECT_EQ(first->topic(), "a");
  EXPECT_EQ(second->topic(), "b");
  first.reset();
  EXPECT_GT(kept_bytes(), before);
}

TEST(Message, BytesOfKeptMessagesFallBackWhenAllAreDropped) {
  const std::int64_t before = kept_bytes();
  {
    std::vector<MessagePtr> kept;
    for (int i = 0; i < 100; ++i) kept.push_back(testing::message("topic", std::string(1000, 'x')));
    EXPECT_GE(kept_bytes(), before + 100 * 1005);
  }
  EXPECT_EQ(kept_bytes(), before);
}

TEST(Message, BytesOfKeptMessagesAreRightWhoeverDropsThem) {
  const std::int64_t before = kept_bytes();
  // More threads than there are counters of one thread's own.
  for (int round = 0; round < 40; ++round) {
    const MessagePtr shared = testing::message("topic", "payload");
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&shared] {
        const MessagePtr own = testing::message("other", "payload");
        for (int turn = 0; turn < 100; ++turn) MessagePtr(shared).reset();
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(kept_bytes(), before);
}

TEST(Message, ExpiresWhenItsSecondsAreOver) {
  const MessagePtr message = testing::expiring("a", "x", 1, 10'000, 2);
  EXPECT_FALSE(message->expired(11'999));
  EXPECT_TRUE(message->expired(12'000));
  EXPECT_FALSE(testing::message("a", "x")->expired(INT64_MAX));
}

TEST(Message, ExpiresAtOnceWithZeroSeconds) { EXPECT_TRUE(testing::expiring("a", "x", 0, 10'000, 0)->expired(10'000)); }

TEST(Message, LongestExpiryDoesNotOverflow) {
  const MessagePtr message = testing::expiring("a", "x", 0, 1'700'000'000'000, UINT32_MAX);
  EXPECT_EQ(message->facts().expires_at_ms, 1'700'000'000'000 + std::int64_t{UINT32_MAX} * 1000);
}

TEST(MessagePtr, GivesItsReferenceBack) {
  const std::int64_t before = kept_bytes();
  {
    Message borrowed;
    borrowed.borrow(publication("a", "x"), 0, "", "", 0);
    MessagePtr kept(borrowed);
    MessagePtr moved = std::move(kept);
    EXPECT_TRUE(moved);
    moved.reset();
    EXPECT_FALSE(moved);
    moved.reset();
  }
  EXPECT_EQ(kept_bytes(), before);
}

}  // namespace
}  // namespace trellis::kernel
