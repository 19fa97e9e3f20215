// Output that the socket has not taken yet.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <trellis/runtime/outbox.hpp>

namespace trellis::runtime {
namespace {

/// What a socket would get, at most `limit` bytes of it.
std::string front(const Outbox& outbox, std::size_t limit = SIZE_MAX) {
  iovec pieces[8];
  const int count = outbox.gather(pieces, 8);
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  return bytes.substr(0, limit);
}

TEST(Outbox, GathersWhatWasAppendedInOrder) {
  Outbox outbox;
  EXPECT_TRUE(outbox.empty());
  outbox.append("ab", 2);
  outbox.append("", 0);
  outbox.append("cd", 2);
  EXPECT_EQ(outbox.bytes(), 4u);
  EXPECT_EQ(front(outbox), "abcd");
  outbox.consume(3);
  EXPECT_EQ(front(outbox), "d");
  outbox.consume(1);
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(front(outbox), "");
}

TEST(Outbox, ReservedRoomCountsOnlyAsFarAsCommitted) {
  Outbox outbox;
  std::copy_n("xyz", 3, outbox.reserve(100));
  outbox.commit(2);
  EXPECT_EQ(front(outbox), "xy");
  outbox.reserve(50);
  outbox.commit(0);
  EXPECT_EQ(front(outbox), "xy");
}

TEST(Outbox, ReservedForNothingStaysEmpty) {
  Outbox outbox;
  outbox.reserve(10);
  outbox.commit(0);
  EXPECT_TRUE(outbox.empty());
  iovec piece;
  EXPECT_EQ(outbox.gather(&piece, 1), 0);
}

/// Something whose bytes are shared; counts who holds them.
struct Shared {
  std::string bytes;
  mutable int held = 0;
  void append_to(Outbox& outbox, std::size_t at, std::size_t size) const {
    ++held;
    outbox.append_shared(std::string_view(bytes).substr(at, size), this,
                         [](const void* owner) { --static_cast<const Shared*>(owner)->held; });
  }
};

TEST(Outbox, HoldsWhatIsSharedUntilItsBytesLeft) {
  const Shared shared{"payload"};
  Outbox outbox;
  outbox.append("<", 1);
  shared.append_to(outbox, 0, 3);
  outbox.append(">", 1);
  EXPECT_EQ(front(outbox), "<pay>");
  outbox.consume(3);
  EXPECT_EQ(shared.held, 1);
  outbox.consume(1);
  EXPECT_EQ(shared.held, 0);
  EXPECT_EQ(front(outbox), ">");
}

TEST(Outbox, ClearingGivesBackWhatIsShared) {
  const Shared shared{"payload"};
  {
    Outbox outbox;
    shared.append_to(outbox, 0, 7);
    outbox.clear();
    EXPECT_TRUE(outbox.empty());
    EXPECT_EQ(shared.held, 0);
    shared.append_to(outbox, 0, 7);
    Outbox moved(std::move(outbox));
    EXPECT_EQ(shared.held, 1);
  }
  EXPECT_EQ(shared.held, 0);
}

TEST(Outbox, TakesPiecesLargerThanASegment) {
  Outbox outbox;
  const std::string large(100'000, 'x');
  outbox.append("a", 1);
  outbox.append(large.data(), large.size());
  outbox.append("b", 1);
  EXPECT_EQ(front(outbox), "a" + large + "b");
}

TEST(Outbox, AgreesWithAPlainStringOverRandomOperations) {
  std::mt19937 random(7);
  Outbox outbox;
  std::string model;
  std::string text(70'000, ' ');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  const Shared shared{text};
  for (int i = 0; i < 5000; ++i) {
    const std::size_t size = random() % (random() % 20 == 0 ? 40'000 : 300);
    const std::size_t at = random() % (text.size() - size);
    switch (random() % 5) {
      case 0:
        outbox.append(text.data() + at, size);
        model.append(text, at, size);
        break;
      case 1:
        shared.append_to(outbox, at, size);
        model.append(text, at, size);
        break;
      case 2: {
        std::copy_n(text.data() + at, size / 2, outbox.reserve(size));
        outbox.commit(size / 2);
        model.append(text, at, size / 2);
        break;
      }
      default: {
        const std::size_t gone = std::min<std::size_t>(model.size(), random() % 3000);
        ASSERT_EQ(front(outbox, gone), model.substr(0, std::min(gone, front(outbox).size())));
        outbox.consume(gone);
        model.erase(0, gone);
        break;
      }
    }
    ASSERT_EQ(outbox.bytes(), model.size());
    ASSERT_EQ(outbox.empty(), model.empty());
  }
}

}  // namespace
}  // namespace trellis::runtime
