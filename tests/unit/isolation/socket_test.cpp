// The way between the two processes, from the side that must not be held up.
#include "socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace trellis::isolation {
namespace {

using Descriptors = Socket::Descriptors;

class SocketPair : public ::testing::Test {
 protected:
  SocketPair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_), 0); }
  Socket end(int which, Descriptors descriptors = Descriptors::refused) {
    return {Owned(ends_[which]), descriptors, std::chrono::milliseconds(20)};
  }
  static Socket::Outcome read(Socket& from) {
    Frame type{};
    std::string body;
    return from.read(type, body, Socket::Clock::now());
  }

  int ends_[2] = {-1, -1};
};

TEST_F(SocketPair, WhoDoesNotReadCountsAsGone) {
  Socket mine = end(0);
  Socket theirs = end(1);
  EXPECT_FALSE(mine.write(Frame::open, std::string(8u << 20u, 'x')));
  EXPECT_FALSE(mine.write(Frame::close, "x")) << "behind half a frame";
  EXPECT_EQ(read(mine), Socket::Outcome::ended);
}

TEST_F(SocketPair, DescriptorsComeOnlyToWhomTheyAreMeantFor) {
  Socket mine = end(0, Descriptors::taken);
  Socket theirs = end(1);
  EXPECT_TRUE(theirs.write(Frame::start, "x", {STDERR_FILENO}));
  EXPECT_EQ(read(mine), Socket::Outcome::frame);
  EXPECT_EQ(mine.take_descriptors().size(), 1u);
  EXPECT_TRUE(mine.write(Frame::start, "x", {STDERR_FILENO}));
  EXPECT_EQ(read(theirs), Socket::Outcome::frame);
  EXPECT_TRUE(theirs.take_descriptors().empty());
}

}  // namespace
}  // namespace trellis::isolation
