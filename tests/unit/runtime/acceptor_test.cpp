// Accepting connections on one shard.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <trellis/runtime/acceptor.hpp>
#include <trellis/runtime/listening_sockets.hpp>
#include <vector>

#include "runtime/running_shard.hpp"

namespace trellis::runtime {
namespace {

using testing::ShardSet;

class Accepting : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string error;
    auto sockets = ListeningSockets::open("127.0.0.1:0", {}, error);
    ASSERT_TRUE(sockets) << error;
    const int fd = sockets->take().at(0).at(0);
    listening_ = fd;
    address_ = local_address(fd);
    shards_[0].call([&] {
      acceptor_ =
          std::make_unique<Acceptor>(*shards_[0], fd,
                                     Acceptor::Owner{[this](int accepted, const Address& peer) {
                                                       peers_.push_back(peer.text());
                                                       fds_.push_back(accepted);
                                                     },
                                                     [this](std::string_view why) { rests_.emplace_back(why); }});
    });
  }
  void TearDown() override {
    shards_[0].call([this] { acceptor_.reset(); });
    shards_.stop();
    for (const int fd : fds_) ::close(fd);
    for (const int fd : clients_) ::close(fd);
  }
  int dial() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address_.storage), address_.size), 0);
    clients_.push_back(fd);
    return fd;
  }

  void await_first_bytes(bool on) {
    shards_[0].call([this, on] { acceptor_->await_first_bytes(on); });
  }

  ShardSet shards_{1};
  int listening_ = -1;
  Address address_;
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<std::string> peers_;
  std::vector<std::string> rests_;
  std::vector<int> fds_;
  std::vector<int> clients_;
};

TEST_F(Accepting, HandsOverTheSocketAndWhoIsBehindIt) {
  const int client = dial();
  ASSERT_TRUE(shards_[0].until([this] { return !fds_.empty(); }));
  EXPECT_EQ(peers_.at(0), local_address(client).text());
}

TEST_F(Accepting, TakesEverybodyWhoComesAtOnce) {
  for (int i = 0; i < 200; ++i) dial();
  EXPECT_TRUE(shards_[0].until([this] { return fds_.size() == 200; }));
}

TEST_F(Accepting, TakesWhoSpeaksAtOnceAndWhoIsSilentAfterASecond) {
  using std::chrono::steady_clock;
  await_first_bytes(true);
  const auto start = steady_clock::now();
  const std::string silent = local_address(dial()).text();
  const int talker = dial();
  ASSERT_EQ(::send(talker, "x", 1, 0), 1);
  const auto taken = [&](const std::string& who) { return std::ranges::count(peers_, who) == 1; };
  ASSERT_TRUE(shards_[0].until([&] { return taken(local_address(talker).text()); }));
  ASSERT_TRUE(shards_[0].until([&] { return taken(silent); }));
  EXPECT_GE(steady_clock::now() - start, std::chrono::milliseconds(900)) << "the system looked for its first bytes";
}

TEST_F(Accepting, TakesTheSilentAtOnceWhereTheyNeedNotSpeakFirst) {
  const auto waits = [this] {
    int seconds = -1;
    socklen_t size = sizeof seconds;
    EXPECT_EQ(::getsockopt(listening_, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, &size), 0);
    return seconds != 0;
  };
  EXPECT_FALSE(waits());
  await_first_bytes(true);
  EXPECT_TRUE(waits());
  await_first_bytes(false);
  EXPECT_FALSE(waits());
  dial();
  EXPECT_TRUE(shards_[0].until([this] { return !fds_.empty(); }));
}

TEST_F(Accepting, RestsWithoutDescriptorsAndGoesOnLater) {
  // Sanitizers need descriptors of their own where a virtual function is called for the first time.
  dial();
  ASSERT_TRUE(shards_[0].until([this] { return !fds_.empty(); }));
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  clients_.push_back(client);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{static_cast<rlim_t>(client) + 1, before.rlim_max};
  shards_[0].call([&] { ::setrlimit(RLIMIT_NOFILE, &none); });
  EXPECT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address_.storage), address_.size), 0);
  EXPECT_TRUE(shards_[0].until([this] { return !rests_.empty(); }));
  shards_[0].call([&] { ::setrlimit(RLIMIT_NOFILE, &before); });
  EXPECT_TRUE(shards_[0].until([this] { return fds_.size() == 2; }));
}

}  // namespace
}  // namespace trellis::runtime
