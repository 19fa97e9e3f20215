// The ring between two processes, with an honest other side and with others.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>
#include <trellis/isolation/ring.hpp>
#include <vector>

namespace trellis::isolation {
namespace {

using Wrote = RingWriter::Outcome;
using Got = RingReader::Outcome;

class Ring : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kCapacity = 256;
  RingHead head_;
  std::vector<char> bytes_ = std::vector<char>(kCapacity);
  RingMemory memory_{&head_, bytes_.data(), kCapacity};
  RingWriter writer_{memory_};
  RingReader reader_{memory_};
  std::uint32_t type_ = 0;
  std::string body_;
};

TEST_F(Ring, FramesComeOutInOrderWhereverTheyLie) {
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const std::string one(i % 61, static_cast<char>('a' + i % 26));
    ASSERT_EQ(writer_.write(i, one), Wrote::written);
    ASSERT_EQ(reader_.read(type_, body_), Got::frame);
    EXPECT_EQ(type_, i);
    EXPECT_EQ(body_, one);
  }
  EXPECT_EQ(reader_.read(type_, body_), Got::empty);
}

TEST_F(Ring, FullIsSaidAndNothingIsWritten) {
  const std::string half(kCapacity / 2 - 8, 'x');
  EXPECT_EQ(writer_.write(1, half), Wrote::written);
  EXPECT_EQ(writer_.write(2, half), Wrote::written);
  EXPECT_EQ(writer_.write(3, ""), Wrote::full);
  EXPECT_EQ(reader_.read(type_, body_), Got::frame);
  EXPECT_EQ(writer_.write(4, ""), Wrote::written);
  EXPECT_EQ(reader_.read(type_, body_), Got::frame);
  EXPECT_EQ(reader_.read(type_, body_), Got::frame);
  EXPECT_EQ(type_, 4u);
}

TEST_F(Ring, WhatCanNeverFitIsFull) {
  EXPECT_EQ(writer_.write(1, std::string(kCapacity, 'x')), Wrote::full);
  EXPECT_EQ(writer_.write(1, std::string(kCapacity - 8, 'x')), Wrote::written);
}

TEST_F(Ring, AReaderThatSleepsIsWokenOnce) {
  EXPECT_FALSE(writer_.reader_sleeps());
  EXPECT_TRUE(reader_.try_sleep());
  EXPECT_EQ(writer_.write(1, ""), Wrote::written);
  EXPECT_TRUE(writer_.reader_sleeps());
  EXPECT_FALSE(writer_.reader_sleeps());
  EXPECT_FALSE(reader_.try_sleep()) << "something came in";
}

TEST_F(Ring, CountsThatCannotBeTrueAreBroken) {
  head_.written = kCapacity + 1;
  EXPECT_EQ(reader_.read(type_, body_), Got::broken);
  head_.written = 4;  // less than the head of a frame
  EXPECT_EQ(reader_.read(type_, body_), Got::broken);
  head_.written = UINT64_MAX;  // behind the reader
  EXPECT_EQ(reader_.read(type_, body_), Got::broken);
  head_.read = 8;  // before the writer
  EXPECT_EQ(writer_.write(1, ""), Wrote::broken);
}

TEST_F(Ring, AFrameLongerThanWhatIsThereIsBroken) {
  ASSERT_EQ(writer_.write(1, "12345678"), Wrote::written);
  for (const std::uint32_t size : {9U, 256U, UINT32_MAX, UINT32_MAX - 7}) {
    RingReader reader(memory_);
    std::memcpy(bytes_.data(), &size, sizeof size);
    EXPECT_EQ(reader.read(type_, body_), Got::broken) << size;
  }
}

TEST_F(Ring, TwoThreadsLoseNothing) {
  constexpr std::uint32_t kFrames = 20000;
  std::thread other([&] {
    for (std::uint32_t i = 0; i < kFrames;) {
      if (writer_.write(i, std::string(i % 50, 'x')) == Wrote::written) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  for (std::uint32_t i = 0; i < kFrames;) {
    if (reader_.read(type_, body_) != Got::frame) {
      std::this_thread::yield();
      continue;
    }
    EXPECT_EQ(type_, i);
    EXPECT_EQ(body_.size(), i % 50);
    ++i;
  }
  other.join();
}

}  // namespace
}  // namespace trellis::isolation
