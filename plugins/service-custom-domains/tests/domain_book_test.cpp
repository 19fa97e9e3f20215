// When domains are looked at, and what an answer makes of them.
#include "domain_book.hpp"

#include <gmock/gmock.h>

#include "proof.hpp"

namespace custom_domains {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using trellis::DomainState;
using trellis::Status;

constexpr std::string_view kBookSecret = "0123456789abcdef";

class Book : public ::testing::Test {
 protected:
  Book() { sync({{"a.example", "plant", DomainState::pending}}); }

  std::vector<std::string> sync(const std::vector<trellis::Domain>& configured) { return book_.sync(configured, now_); }
  std::vector<std::string> due(std::size_t most = 10) { return book_.take_due(now_, most); }
  Change answer(Status status, std::vector<std::string_view> texts = {}) {
    return book_.answered("a.example", status, texts, now_);
  }
  Change prove() {
    const std::string value = record_value(kBookSecret, "plant", "a.example");
    return answer(Status::ok, {"v=spf1 -all", value});
  }
  const Entry& entry() { return *book_.find("a.example"); }

  milliseconds now_ = 1000s;
  DomainBook book_{std::string(kBookSecret), {}};
};

TEST_F(Book, ADomainIsDueAtOnceAndAskedOnce) {
  EXPECT_EQ(to_text(entry().validation), "Pending");
  EXPECT_THAT(due(), ElementsAre("a.example"));
  now_ += 1h;
  EXPECT_THAT(due(), IsEmpty()) << "the answer is not there";
}

TEST_F(Book, AnyRecordThatMatchesProvesIt) {
  EXPECT_EQ(prove(), Change::approved);
  EXPECT_EQ(to_text(entry().validation), "Approved");
  EXPECT_EQ(prove(), Change::none);
}

TEST_F(Book, BlanksAndQuotesAroundItDoNotMatter) {
  const std::string value = " \"" + entry().record_value + "\" ";
  EXPECT_EQ(answer(Status::ok, {value}), Change::approved);
}

TEST_F(Book, OthersRecordsProveNothing) {
  const std::string of_another = record_value(kBookSecret, "other", "a.example");
  EXPECT_EQ(answer(Status::ok, {of_another, ""}), Change::mismatch);
  EXPECT_EQ(answer(Status::ok, {of_another}), Change::none) << "said once";
  EXPECT_EQ(answer(Status::no_match), Change::none);
  EXPECT_EQ(answer(Status::ok, {of_another}), Change::mismatch);
  EXPECT_EQ(to_text(entry().validation), "Pending");
}

TEST_F(Book, IsLookedAtEverMoreSeldom) {
  for (const milliseconds wait : {30s, 60s, 120s, 240s, 300s, 300s}) {
    ASSERT_THAT(due(), ElementsAre("a.example"));
    answer(Status::no_match);
    EXPECT_EQ(book_.next_due(now_ + 1h), now_ + wait);
    now_ += wait - 1ms;
    EXPECT_THAT(due(), IsEmpty());
    now_ += 1ms;
  }
}

TEST_F(Book, MayBeAskedForAtOnce) {
  for (int i = 0; i < 3; ++i) answer(Status::no_match);
  EXPECT_TRUE(book_.ask_now("a.example", now_));
  EXPECT_THAT(due(), ElementsAre("a.example"));
  answer(Status::no_match);
  EXPECT_EQ(book_.next_due(now_ + 1h), now_ + 30s);
  EXPECT_FALSE(book_.ask_now("b.example", now_));
}

TEST_F(Book, SilentNameServersAreAnErrorUntilTheySpeak) {
  EXPECT_EQ(answer(Status::unavailable), Change::unreachable);
  EXPECT_EQ(answer(Status::unavailable), Change::none);
  EXPECT_EQ(to_text(entry().validation), "ErrorRetrievingDnsRecord");
  answer(Status::no_match);
  EXPECT_EQ(to_text(entry().validation), "Pending");
  answer(Status::unavailable);
  EXPECT_EQ(prove(), Change::approved);
}

class ApprovedDomain : public Book {
 protected:
  ApprovedDomain() { prove(); }
};

TEST_F(ApprovedDomain, IsLookedAtAgainRarely) {
  now_ += 24h - 1ms;
  EXPECT_THAT(due(), IsEmpty());
  now_ += 1ms;
  EXPECT_THAT(due(), ElementsAre("a.example"));
}

TEST_F(ApprovedDomain, IsWithdrawnWhenItsRecordIsMissingThreeTimesInARow) {
  EXPECT_EQ(answer(Status::no_match), Change::missed);
  EXPECT_EQ(answer(Status::ok, {"other"}), Change::missed);
  EXPECT_EQ(prove(), Change::none);
  EXPECT_EQ(answer(Status::no_match), Change::missed);
  EXPECT_EQ(answer(Status::no_match), Change::missed);
  EXPECT_EQ(to_text(entry().validation), "Approved");
  EXPECT_EQ(answer(Status::no_match), Change::withdrawn);
  EXPECT_EQ(to_text(entry().validation), "Pending");
  EXPECT_EQ(book_.next_due(now_ + 1h), now_ + 30s);
  EXPECT_EQ(prove(), Change::approved);
}

TEST_F(ApprovedDomain, IsNeverWithdrawnBySilence) {
  answer(Status::no_match);
  answer(Status::no_match);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(answer(Status::unavailable), Change::none);
  EXPECT_EQ(to_text(entry().validation), "Approved");
  EXPECT_EQ(book_.next_due(now_ + 1h), now_ + 5min);
}

TEST_F(Book, FollowsTheConfiguration) {
  EXPECT_THAT(sync({{"a.example", "plant", DomainState::pending}, {"b.example", "plant", DomainState::pending}}),
              ElementsAre("b.example"));
  prove();
  EXPECT_THAT(sync({{"a.example", "plant", DomainState::approved}}), IsEmpty());
  EXPECT_EQ(book_.entries().size(), 1U);
  EXPECT_EQ(book_.count(Validation::approved), 1U);
  EXPECT_THAT(sync({{"a.example", "other", DomainState::pending}}), ElementsAre("a.example")) << "a new claim";
  EXPECT_EQ(book_.count(Validation::pending), 1U);
  EXPECT_EQ(book_.answered("gone.example", Status::no_match, {}, now_), Change::none);
}

TEST_F(Book, WhatTheKernelForgotIsProvedAnew) {
  prove();
  EXPECT_THAT(sync({{"a.example", "plant", DomainState::pending}}), ElementsAre("a.example"));
  EXPECT_THAT(due(), ElementsAre("a.example"));
}

TEST_F(Book, WhatAnEarlierInstanceApprovedStaysSo) {
  sync({{"b.example", "plant", DomainState::approved}});
  EXPECT_EQ(to_text(book_.find("b.example")->validation), "Approved");
  EXPECT_THAT(due(), ElementsAre("b.example"));
  EXPECT_EQ(book_.answered("b.example", Status::no_match, {}, now_), Change::missed);
}

TEST_F(Book, WithoutACheckNothingIsLookedUp) {
  sync({{"a.example", "plant", DomainState::unchecked}});
  EXPECT_EQ(to_text(entry().validation), "Approved");
  now_ += 240h;
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_FALSE(book_.ask_now("a.example", now_));
  EXPECT_EQ(book_.next_due(now_ + 1s), now_ + 1s);
}

TEST_F(Book, NotAllAreAskedAtOnce) {
  sync({{"a.example", "x", DomainState::pending},
        {"b.example", "x", DomainState::pending},
        {"c.example", "x", DomainState::pending}});
  EXPECT_THAT(due(2), ElementsAre("a.example", "b.example"));
  EXPECT_THAT(due(2), ElementsAre("c.example"));
}

}  // namespace
}  // namespace custom_domains
