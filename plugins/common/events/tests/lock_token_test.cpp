#include "common/events/lock_token.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

namespace events {
namespace {

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";
constexpr Lease kLease{7, 0x1122334455667788, 3, 1'750'000'000'123};

LockTokens tokens(std::string_view key = kKey) { return std::move(LockTokens::make(key)).value(); }

std::string token(LockTokens& maker, const Lease& lease = kLease) {
  LockTokens::Text text;
  return std::string(maker.write(lease, text));
}

TokenFault fault(LockTokens& checker, std::string_view text, std::uint64_t subscriber = 7) {
  Lease lease;
  const TokenFault found = checker.read(text, subscriber, lease);
  if (found != TokenFault::none) {
    EXPECT_EQ(lease, Lease()) << "nothing is said of a bad token";
  }
  return found;
}

TEST(LockToken, SaysItsLease) {
  LockTokens maker = tokens();
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  for (const Lease& lease : {kLease, Lease(), Lease{kMost, kMost, 0xFFFFFFFF, -1},
                             Lease{1, 0, 1, std::numeric_limits<std::int64_t>::min()}}) {
    Lease read;
    ASSERT_EQ(maker.read(token(maker, lease), lease.subscriber, read), TokenFault::none);
    EXPECT_EQ(read, lease);
  }
}

TEST(LockToken, IsSafeInJsonAndUrlsAndStaysTheSame) {
  LockTokens maker = tokens();
  LockTokens other_thread = tokens();
  const std::string text = token(maker);
  EXPECT_LE(text.size(), 128U);
  EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
  EXPECT_EQ(token(other_thread), text);
  EXPECT_EQ(fault(other_thread, text), TokenFault::none);
}

TEST(LockToken, EveryDeliveryHasANewOne) {
  LockTokens maker = tokens();
  std::set<std::string> all;
  for (std::uint32_t i = 0; i < 100; ++i) {
    all.insert(token(maker, {7, 1, i, 0}));
    all.insert(token(maker, {7, 1000 + i, 1, 0}));
    all.insert(token(maker, {1000 + i, 1, 1, 0}));
    all.insert(token(maker, {7, 1, 1, 1000 + i}));
  }
  EXPECT_EQ(all.size(), 400U);
}

TEST(LockToken, AlteredInAnyLetterItIsNone) {
  LockTokens maker = tokens();
  const std::string good = token(maker);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char letter : {'A', 'B', '_', '9', '+', '=', ' ', '\0', '\xFF'}) {
      std::string bad = good;
      bad[at] = letter;
      if (bad == good) continue;
      EXPECT_NE(fault(maker, bad), TokenFault::none) << at << letter;
    }
  }
  std::string bad = good;
  bad[20] = bad[20] == 'A' ? 'B' : 'A';
  EXPECT_EQ(fault(maker, bad), TokenFault::altered);
  EXPECT_EQ(error_of(TokenFault::altered), TokenError::bad_token);
}

TEST(LockToken, CutOrMadeUpItIsMalformed) {
  LockTokens maker = tokens();
  const std::string good = token(maker);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(fault(maker, good.substr(0, size)), TokenFault::malformed);
  for (const std::string& bad : {good + "A", good + good, std::string("T1"), "B" + good.substr(1), std::string(66, '='),
                                 std::string(1 << 20, 'A')}) {
    EXPECT_EQ(fault(maker, bad), TokenFault::malformed);
  }
  EXPECT_EQ(error_of(TokenFault::malformed), TokenError::bad_token);
}

TEST(LockToken, OfAnotherSubscriptionItIsLost) {
  LockTokens maker = tokens();
  EXPECT_EQ(fault(maker, token(maker), 8), TokenFault::other_subscriber);
  EXPECT_EQ(error_of(TokenFault::other_subscriber), TokenError::token_lost);
}

TEST(LockToken, OfAnotherKeyItIsLost) {
  LockTokens maker = tokens();
  LockTokens other = tokens("another key of sixteen bytes or more");
  EXPECT_EQ(fault(other, token(maker)), TokenFault::other_key);
  EXPECT_EQ(error_of(TokenFault::other_key), TokenError::token_lost);
  EXPECT_EQ(message_of(TokenFault::other_key), "") << "the usual sentence: Token has expired.";
}

TEST(LockToken, KeysHaveALeastLength) {
  const auto made = LockTokens::make("too short");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text, "the key of lock tokens: found 9 bytes, expected at least 16");
}

TEST(LockToken, MovesWithItsState) {
  LockTokens first = tokens();
  const std::string text = token(first);
  LockTokens second = std::move(first);
  EXPECT_EQ(fault(second, text), TokenFault::none);
  LockTokens third = tokens("another key of sixteen bytes or more");
  third = std::move(second);
  EXPECT_EQ(fault(third, text), TokenFault::none);
}

}  // namespace
}  // namespace events
