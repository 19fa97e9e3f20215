// The queue of one subscriber: order, leases, and what is counted.
#include "queue/queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <trellis/runtime/kept_bytes.hpp>
#include <utility>
#include <vector>

#include "message/publication.hpp"

namespace trellis::kernel {
namespace {

using State = QueueEntry::State;
using Sequence = Queue::Sequence;

QueueEntry entry(std::string_view payload, bool replay = false) {
  QueueEntry made;
  made.message = testing::message("t", payload, 1);
  made.state = State::available;
  made.qos = 1;
  made.replay = replay;
  return made;
}

/// Leases what comes next and answers its payload; empty when nothing waits.
std::string lease_next(Queue& queue, Sequence* sequence = nullptr) {
  Sequence at = 0;
  QueueEntry* next = queue.next(at);
  if (next == nullptr) return "";
  queue.lease(*next);
  if (sequence != nullptr) *sequence = at;
  return std::string(next->message->payload());
}

TEST(Queue, OwnsNothingAtFirst) {
  Queue queue;
  Sequence sequence = 0;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next(sequence), nullptr);
  EXPECT_EQ(queue.find(1), nullptr);
  EXPECT_EQ(queue.oldest_waiting(sequence), nullptr);
  queue.release_all();
  queue.clear();
}

TEST(Queue, HandsOutInOrder) {
  Queue queue;
  for (const char* payload : {"a", "b", "c"}) queue.push(entry(payload));
  EXPECT_EQ(lease_next(queue), "a");
  EXPECT_EQ(lease_next(queue), "b");
  queue.push(entry("d"));
  EXPECT_EQ(lease_next(queue), "c");
  EXPECT_EQ(lease_next(queue), "d");
  EXPECT_EQ(lease_next(queue), "");
}

TEST(Queue, CountsWhatWaitsAndWhatIsLeased) {
  Queue queue;
  queue.push(entry("12345"));
  queue.push(entry("123"));
  EXPECT_EQ(queue.live(), 2u);
  EXPECT_EQ(queue.waiting(), 2u);
  EXPECT_EQ(queue.bytes(), 10u);
  Sequence first = 0;
  lease_next(queue, &first);
  EXPECT_EQ(queue.leased(), 1u);
  EXPECT_EQ(queue.waiting(), 1u);
  EXPECT_EQ(queue.bytes(), 10u);
  queue.settle(*queue.find(first), first);
  EXPECT_EQ(queue.live(), 1u);
  EXPECT_EQ(queue.leased(), 0u);
  EXPECT_EQ(queue.bytes(), 4u);
}

TEST(Queue, ReleasedReturnsToItsPlaceMarkedRedelivered) {
  Queue queue;
  for (const char* payload : {"a", "b", "c"}) queue.push(entry(payload));
  Sequence a = 0;
  Sequence b = 0;
  lease_next(queue, &a);
  lease_next(queue, &b);
  queue.release(*queue.find(b), b);
  queue.release(*queue.find(a), a);
  Sequence sequence = 0;
  QueueEntry* next = queue.next(sequence);
  EXPECT_EQ(next->message->payload(), "a");
  EXPECT_TRUE(next->redelivered);
  EXPECT_EQ(next->deliveries, 1u);
  EXPECT_EQ(lease_next(queue), "a");
  EXPECT_EQ(queue.find(a)->deliveries, 2u);
  EXPECT_EQ(lease_next(queue), "b");
  EXPECT_EQ(lease_next(queue), "c");
}

TEST(Queue, SettledIsNotFoundAgain) {
  Queue queue;
  queue.push(entry("a"));
  queue.push(entry("b"));
  Sequence a = 0;
  Sequence b = 0;
  lease_next(queue, &a);
  lease_next(queue, &b);
  queue.settle(*queue.find(b), b);
  EXPECT_EQ(queue.find(b), nullptr);
  ASSERT_NE(queue.find(a), nullptr);
  queue.settle(*queue.find(a), a);
  EXPECT_EQ(queue.find(a), nullptr);
  EXPECT_EQ(queue.find(b), nullptr);
  EXPECT_EQ(queue.find(b + 1), nullptr);
}

TEST(Queue, ReceivedForgetsTheMessageButKeepsTheLease) {
  const std::int64_t before = kept_bytes();
  Queue queue;
  queue.push(entry("abc"));
  Sequence sequence = 0;
  lease_next(queue, &sequence);
  queue.mark_received(*queue.find(sequence));
  EXPECT_EQ(kept_bytes(), before);
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_EQ(queue.leased(), 1u);
  queue.release_all();
  QueueEntry* returned = queue.next(sequence);
  ASSERT_NE(returned, nullptr);
  EXPECT_EQ(returned->state, State::returned);
  queue.lease(*returned);
  EXPECT_EQ(returned->state, State::received);
  queue.settle(*returned, sequence);
  EXPECT_TRUE(queue.empty());
}

TEST(Queue, PushedLeasedIsNotHandedOutAgain) {
  Queue queue;
  QueueEntry sent = entry("sent");
  sent.state = State::leased;
  const Sequence sequence = queue.push(std::move(sent));
  EXPECT_EQ(queue.leased(), 1u);
  EXPECT_EQ(lease_next(queue), "");
  queue.push(entry("next"));
  EXPECT_EQ(lease_next(queue), "next");
  queue.release(*queue.find(sequence), sequence);
  EXPECT_EQ(lease_next(queue), "sent");
}

TEST(Queue, ReplaysAreOutsideTheLimits) {
  Queue queue;
  queue.push(entry("retained", true));
  queue.push(entry("live"));
  EXPECT_EQ(queue.waiting(), 2u);
  EXPECT_EQ(queue.limited(), 1u);
  Sequence sequence = 0;
  EXPECT_EQ(queue.oldest_waiting(sequence)->message->payload(), "live");
  lease_next(queue, &sequence);
  EXPECT_EQ(queue.limited(), 1u);
  queue.release(*queue.find(sequence), sequence);
  EXPECT_EQ(queue.limited(), 1u) << "nor are they within them when sent once";
  EXPECT_EQ(queue.replays(), 1u);
  EXPECT_EQ(queue.limited_bytes(), queue.droppable_bytes());
  queue.settle(*queue.find(sequence), sequence);
  EXPECT_EQ(queue.replays(), 0u);
  EXPECT_EQ(queue.limited(), 1u);
  EXPECT_EQ(queue.limited_bytes(), queue.bytes());
}

TEST(Queue, OldestWaitingLeavesOutWhatWasSentUnderATag) {
  Queue queue;
  queue.push(entry("a"));
  queue.push(entry("b"));
  Sequence a = 0;
  lease_next(queue, &a);
  queue.find(a)->tag = 7;
  queue.release(*queue.find(a), a);
  Sequence sequence = 0;
  EXPECT_EQ(queue.oldest_waiting(sequence)->message->payload(), "b");
}

TEST(Queue, EmptyOnesGiveMemoryBackAndGoOnCounting) {
  Queue queue;
  for (int i = 0; i < 100; ++i) queue.push(entry("x"));
  Sequence last = 0;
  Sequence sequence = 0;
  while (!lease_next(queue, &sequence).empty()) {
    queue.settle(*queue.find(sequence), sequence);
    last = sequence;
  }
  queue = Queue(queue.next_sequence());
  const Sequence next = queue.push(entry("y"));
  EXPECT_GT(next, last) << "a lease of old must never name something new";
  EXPECT_EQ(lease_next(queue), "y");
}

TEST(Queue, ClearForgetsEverything) {
  const std::int64_t before = kept_bytes();
  Queue queue;
  for (int i = 0; i < 20; ++i) queue.push(entry("x", i % 2 == 0));
  Sequence sequence = 0;
  lease_next(queue, &sequence);
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_EQ(queue.limited(), 0u);
  EXPECT_EQ(queue.find(sequence), nullptr);
  EXPECT_EQ(kept_bytes(), before);
}

/// A queue with one lease held while many messages pass behind it.
struct Straggling {
  explicit Straggling(std::size_t passed) {
    queue.push(entry("straggler"));
    lease_next(queue, &straggler);
    for (std::size_t i = 0; i < passed; ++i) {
      queue.push(entry("x"));
      Sequence sequence = 0;
      lease_next(queue, &sequence);
      queue.settle(*queue.find(sequence), sequence);
    }
  }
  Queue queue;
  Sequence straggler = 0;
};

TEST(Queue, StragglersStayReachableByTheirLease) {
  Straggling held(10'000);
  ASSERT_NE(held.queue.find(held.straggler), nullptr);
  EXPECT_EQ(held.queue.find(held.straggler)->message->payload(), "straggler");
  EXPECT_EQ(held.queue.live(), 1u);
  held.queue.settle(*held.queue.find(held.straggler), held.straggler);
  EXPECT_TRUE(held.queue.empty());
  EXPECT_EQ(held.queue.find(held.straggler), nullptr);
}

TEST(Queue, ReleasedStragglersComeFirst) {
  Straggling held(10'000);
  held.queue.push(entry("new"));
  held.queue.release(*held.queue.find(held.straggler), held.straggler);
  EXPECT_EQ(held.queue.waiting(), 2u);
  EXPECT_EQ(lease_next(held.queue), "straggler");
  EXPECT_EQ(lease_next(held.queue), "new");
  EXPECT_EQ(lease_next(held.queue), "");
}

// What cannot be dropped stays at the head while a full queue drops what comes behind it.
TEST(Queue, WhatMustStayDoesNotKeepThePlacesOfWhatIsDropped) {
  for (const bool replay : {false, true}) {
    Queue queue;
    const Sequence first = queue.push(entry("stays", replay));
    if (!replay) {
      Sequence leased = 0;
      lease_next(queue, &leased);
      queue.find(leased)->tag = 7;
      queue.release(*queue.find(leased), leased);
    }
    for (int i = 0; i < 300'000; ++i) {
      queue.push(entry("x"));
      if (queue.limited() < 100) continue;
      Sequence oldest = 0;
      QueueEntry* dropped = queue.oldest_waiting(oldest);
      ASSERT_NE(dropped, nullptr);
      ASSERT_NE(oldest, first);
      queue.settle(*dropped, oldest);
    }
    EXPECT_LE(queue.capacity(), 1024u);
    EXPECT_EQ(lease_next(queue), "stays");
    EXPECT_EQ(lease_next(queue), "x");
  }
}

TEST(Queue, ManyThatMustStayComeInTheirOrder) {
  Queue queue;
  for (int i = 0; i < 500; ++i) queue.push(entry(std::to_string(i), true));
  for (int i = 0; i < 10'000; ++i) {
    queue.push(entry("x"));
    Sequence oldest = 0;
    QueueEntry* dropped = queue.oldest_waiting(oldest);
    queue.settle(*dropped, oldest);
  }
  EXPECT_LE(queue.capacity(), 4096u);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(lease_next(queue), std::to_string(i));
  EXPECT_EQ(lease_next(queue), "");
  EXPECT_EQ(queue.leased(), 500u);
  queue.release_all();
  for (int i = 0; i < 500; ++i) ASSERT_EQ(lease_next(queue), std::to_string(i));
}

}  // namespace
}  // namespace trellis::kernel
