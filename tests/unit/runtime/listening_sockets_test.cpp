// Sockets that listen: what a text names, who shares them, who is in the way.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <trellis/runtime/listening_sockets.hpp>

namespace trellis::runtime {
namespace {

using ::testing::HasSubstr;

std::string error;

std::optional<ListeningSockets> open(const std::string& text, const ListeningSockets::Options& options = {}) {
  error.clear();
  return ListeningSockets::open(text, options, error);
}

TEST(ListeningSockets, OfAllShardsShareOnePort) {
  auto sockets = open("127.0.0.1:0", {.shards = 3});
  ASSERT_TRUE(sockets) << error;
  EXPECT_NE(sockets->port(), 0);
  EXPECT_EQ(sockets->address(), "127.0.0.1:" + std::to_string(sockets->port()));
  const auto taken = sockets->take();
  ASSERT_EQ(taken.size(), 1u);
  ASSERT_EQ(taken[0].size(), 3u);
  for (const int fd : taken[0]) {
    EXPECT_EQ(local_address(fd).port(), sockets->port());
    ::close(fd);
  }
}

TEST(ListeningSockets, SayWhenThePortIsTaken) {
  const auto first = open("127.0.0.1:0");
  ASSERT_TRUE(first) << error;
  EXPECT_FALSE(open(first->address()));
  EXPECT_EQ(error, "cannot listen on " + first->address() + ": another process listens there");
  EXPECT_TRUE(open(first->address(), {.leaving = {first->port()}})) << "it is about to be free: " << error;
}

TEST(ListeningSockets, AreClosedUnlessTaken) {
  std::string address;
  {
    const auto sockets = open("127.0.0.1:0");
    ASSERT_TRUE(sockets) << error;
    address = sockets->address();
  }
  EXPECT_TRUE(open(address)) << error;
}

TEST(ListeningSockets, OfEveryAddressUseOnePort) {
  auto sockets = open("*:0", {.shards = 2});
  ASSERT_TRUE(sockets) << error;
  const auto taken = sockets->take();
  std::set<sa_family_t> families;
  for (const auto& of_address : taken) {
    for (const int fd : of_address) {
      EXPECT_EQ(local_address(fd).port(), sockets->port());
      families.insert(local_address(fd).storage.ss_family);
      ::close(fd);
    }
  }
  EXPECT_TRUE(families.contains(AF_INET));
  EXPECT_EQ(families.size(), taken.size()) << "one of each family";
}

TEST(ListeningSockets, OfSystemdHaveToBeThere) {
  ::unsetenv("LISTEN_PID");
  EXPECT_FALSE(open("systemd:mqtt"));
  EXPECT_THAT(error, HasSubstr("systemd passed no socket named \"mqtt\""));
}

}  // namespace
}  // namespace trellis::runtime
