// What a store keeps of a subscriber, as this version writes it and as those before did.
#include "queue/subscriber_record.hpp"

#include <gtest/gtest.h>

#include <string>
#include <trellis/keeping/bytes.hpp>
#include <trellis/runtime/views.hpp>

#include "names.hpp"

namespace trellis::kernel {
namespace {

constexpr trellis_queue_limits kLimits{sizeof(trellis_queue_limits), TRELLIS_OVERFLOW_REJECT, 100, 1000, 3, 1};

SubscriberRecord some_record() {
  SubscriberRecord record;
  record.owner = "transport-mqtt";
  record.memo = "will";
  record.queue = 77;
  record.expiry_ms = 3'600'000;
  record.away_since_ms = 12;
  record.home = 1;
  record.limits = kLimits;
  record.window_bytes = 99;
  record.identified = true;
  record.identity_flags = 5;
  record.identity = "ada";
  record.authenticator = "password";
  record.attributes = {{view_of("room"), view_of("7")}};
  record.subscriptions = {{"a/#", "", 4, 1, 2}, {"b", "group", 0, 2, 0}};
  return record;
}

void expect_the_same(const SubscriberRecord& one, const SubscriberRecord& other) {
  EXPECT_EQ(one.owner, other.owner);
  EXPECT_EQ(one.memo, other.memo);
  EXPECT_EQ(one.queue, other.queue);
  EXPECT_EQ(one.expiry_ms, other.expiry_ms);
  EXPECT_EQ(one.away_since_ms, other.away_since_ms);
  EXPECT_EQ(one.home, other.home);
  EXPECT_EQ(one.limits.messages, other.limits.messages);
  EXPECT_EQ(one.window_bytes, other.window_bytes);
  EXPECT_EQ(one.identity, other.identity);
  EXPECT_EQ(one.authenticator, other.authenticator);
  ASSERT_EQ(one.attributes.size(), 1u);
  EXPECT_EQ(text_of(one.attributes[0].value), text_of(other.attributes[0].value));
  ASSERT_EQ(one.subscriptions.size(), other.subscriptions.size());
  for (std::size_t i = 0; i < one.subscriptions.size(); ++i) {
    EXPECT_EQ(one.subscriptions[i].filter, other.subscriptions[i].filter);
    EXPECT_EQ(one.subscriptions[i].group, other.subscriptions[i].group);
    EXPECT_EQ(one.subscriptions[i].identifier, other.subscriptions[i].identifier);
    EXPECT_EQ(one.subscriptions[i].qos, other.subscriptions[i].qos);
    EXPECT_EQ(one.subscriptions[i].flags, other.subscriptions[i].flags);
  }
}

/// As format 1 was: nothing of retained messages that are to be sent yet.
std::string in_format_1(const SubscriberRecord& record) {
  std::string value;
  add_bytes(value, std::uint8_t{1});
  add_bytes(value, record.queue);
  add_bytes(value, record.expiry_ms);
  add_bytes(value, record.away_since_ms);
  add_bytes(value, record.home);
  add_bytes(value, record.limits);
  add_bytes(value, record.window_bytes);
  add_bytes(value, std::uint8_t{1});
  add_bytes(value, record.identity_flags);
  for (const std::string_view text : {record.owner, record.memo, record.identity, record.authenticator})
    add_bytes(value, view_of(text));
  add_bytes(value, std::uint32_t{1});
  add_bytes(value, record.attributes[0].name);
  add_bytes(value, record.attributes[0].value);
  for (const SubscriberRecord::Subscription& one : record.subscriptions) {
    add_bytes(value, view_of(one.filter));
    add_bytes(value, view_of(one.group));
    add_bytes(value, one.identifier);
    add_bytes(value, static_cast<std::uint8_t>(one.qos));
    add_bytes(value, static_cast<std::uint8_t>(one.flags));
  }
  return value;
}

TEST(SubscriberRecord, IsReadAsItWasWritten) {
  SubscriberRecord record = some_record();
  record.replays = {{"a/#", "a/b", 4, 1, 0}, {"c", "", 0, 2, 1}};
  std::string value;
  record.encode(value);
  const auto read = SubscriberRecord::decode(value);
  ASSERT_TRUE(read);
  expect_the_same(*read, record);
  ASSERT_EQ(read->replays.size(), 2u);
  EXPECT_EQ(read->replays[0].behind, "a/b");
  EXPECT_EQ(read->replays[1].filter, "c");
  EXPECT_EQ(read->replays[1].no_local, 1);
}

TEST(SubscriberRecord, OfTheFormatBeforeIsReadToo) {
  const std::string value = in_format_1(some_record());
  const auto read = SubscriberRecord::decode(value);
  ASSERT_TRUE(read);
  expect_the_same(*read, some_record());
  EXPECT_TRUE(read->replays.empty());
}

TEST(SubscriberRecord, ThatIsCutOrOfAnotherFormatIsNone) {
  std::string value;
  some_record().encode(value);
  // Behind the replays, subscriptions go on until the end: only whole ones are a record.
  std::size_t whole = 0;
  for (std::size_t size = 0; size < value.size(); ++size)
    whole += SubscriberRecord::decode(value.substr(0, size)).has_value();
  EXPECT_EQ(whole, 2u) << "without subscriptions, and with the first alone";
  value[0] = 3;
  EXPECT_FALSE(SubscriberRecord::decode(value));
}

}  // namespace
}  // namespace trellis::kernel
