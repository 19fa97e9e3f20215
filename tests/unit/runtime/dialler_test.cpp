#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <trellis/runtime/dialler.hpp>

#include "runtime/running_shard.hpp"
#include "support/name_server.hpp"

namespace trellis::runtime {
namespace {

using ::testing::HasSubstr;
using Outcome = Dialled::Outcome;

/// A listening socket; with no room left in its queue where it is to be slow.
class Listening {
 public:
  explicit Listening(const std::string& address) {
    std::string error;
    at_ = resolve(address + ":0", error).at(0);
    fd_ = ::socket(at_.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&at_.storage), at_.size), 0);
    at_ = local_address(fd_);
  }
  ~Listening() { ::close(fd_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  void listen() const { EXPECT_EQ(::listen(fd_, 16), 0); }
  std::uint16_t port() const { return at_.port(); }
  const Address& address() const { return at_; }

 private:
  Address at_;
  int fd_;
};

class DiallerTest : public ::testing::Test {
 protected:
  DiallerTest() {
    resolver_.set({{server_.address()}, 300, 1});
    rules_->allow = loopback();
    shard_.call([&] {
      dialler_ = std::make_unique<Dialler>(*shard_, resolver_);
      dialler_->set_rules(rules_);
    });
  }
  ~DiallerTest() override {
    shards_.stop();
    dialler_.reset();
    for (int fd : fds_) ::close(fd);
  }
  static Networks loopback() {
    Networks networks;
    EXPECT_TRUE(networks.add("127.0.0.0/8").has_value() && networks.add("::1").has_value());
    return networks;
  }
  Dialled dial(Dialler::Target target) {
    std::promise<Dialled> answer;
    shard_.call([&] { dialler_->dial(std::move(target), [&](const Dialled& result) { answer.set_value(result); }); });
    Dialled result = answer.get_future().get();
    if (result.fd >= 0) fds_.push_back(result.fd);
    return result;
  }

  trellis::testing::NameServer server_;
  Resolver resolver_;
  std::shared_ptr<AddressRules> rules_ = std::make_shared<AddressRules>();
  testing::ShardSet shards_;
  testing::RunningShard& shard_ = shards_[0];
  std::unique_ptr<Dialler> dialler_;
  std::vector<int> fds_;
};

TEST_F(DiallerTest, ConnectsToANumericAddress) {
  const Listening peer("127.0.0.1");
  peer.listen();
  const Dialled result = dial({"127.0.0.1", peer.port(), 10'000});
  EXPECT_EQ(result.outcome, Outcome::connected) << result.error;
  EXPECT_EQ(result.peer.text(), peer.address().text());
  EXPECT_GE(result.fd, 0);
}

TEST_F(DiallerTest, ConnectsToAName) {
  const Listening peer("127.0.0.1");
  peer.listen();
  server_.set_addresses("peer.example", {"127.0.0.1"});
  EXPECT_EQ(dial({"peer.example", peer.port(), 10'000}).outcome, Outcome::connected);
}

TEST_F(DiallerTest, TriesTheNextAddressWhenOneRefuses) {
  const Listening peer("127.0.0.1");
  peer.listen();
  server_.set_addresses("peer.example", {"127.0.0.2", "127.0.0.3", "127.0.0.1", "::1"});
  const Dialled result = dial({"peer.example", peer.port(), 10'000});
  EXPECT_EQ(result.outcome, Outcome::connected) << result.error;
  EXPECT_EQ(result.peer.text(), peer.address().text());
}

TEST_F(DiallerTest, SaysWhatEveryAddressAnswered) {
  const Listening nobody("127.0.0.1");  // bound, so that nobody else comes there, but not listening
  server_.set_addresses("peer.example", {"127.0.0.1"});
  const Dialled result = dial({"peer.example", nobody.port(), 10'000});
  EXPECT_EQ(result.outcome, Outcome::refused);
  const std::string port = std::to_string(nobody.port());
  EXPECT_EQ(result.error, "no connection to peer.example:" + port + ": 127.0.0.1:" + port + ": Connection refused");
}

TEST_F(DiallerTest, AddressRulesCountForEveryAddressOfAName) {
  const Listening peer("127.0.0.1");
  peer.listen();
  rules_->allow = {};
  server_.set_addresses("inside.example", {"127.0.0.1", "10.0.0.1"});
  const Dialled result = dial({"inside.example", peer.port(), 10'000});
  EXPECT_EQ(result.outcome, Outcome::forbidden);
  EXPECT_THAT(result.error, HasSubstr("127.0.0.1:" + std::to_string(peer.port()) +
                                      " is not dialled: it is this machine, and \"outbound\".\"allow\""));
  EXPECT_EQ(dial({"127.0.0.1", peer.port(), 10'000}).outcome, Outcome::forbidden);
  EXPECT_EQ(dial({"127.0.0.1", peer.port(), 10'000, true}).outcome, Outcome::connected) << "named by the operator";
}

TEST_F(DiallerTest, WhereOnlySomeAreForbiddenTheOthersAreTried) {
  const Listening peer("127.0.0.1");
  peer.listen();
  server_.set_addresses("mixed.example", {"10.0.0.1", "127.0.0.1"});
  EXPECT_EQ(dial({"mixed.example", peer.port(), 10'000}).outcome, Outcome::connected);
}

TEST_F(DiallerTest, ANameThatIsNotKnownIsSaid) {
  const Dialled result = dial({"nowhere.example", 80, 10'000});
  EXPECT_EQ(result.outcome, Outcome::no_name);
  EXPECT_EQ(result.error, "the name \"nowhere.example\" is not known");
}

TEST_F(DiallerTest, GivesUpInTime) {
  server_.be_silent();
  const Dialled result = dial({"slow.example", 80, 50});
  EXPECT_EQ(result.outcome, Outcome::timeout);
  EXPECT_EQ(result.error, "no connection to slow.example:80 in time: its name is still being looked up");
}

TEST_F(DiallerTest, WhatWasCancelledIsNotAnswered) {
  server_.set_addresses("peer.example", {"127.0.0.1"});
  shard_.call([&] {
    const auto id = dialler_->dial({"peer.example", 80, 10'000}, [](const Dialled&) { FAIL() << "answered"; });
    EXPECT_NE(id, 0U);
    dialler_->cancel(id);
    dialler_->cancel(id);
  });
  (void)dial({"peer.example", 80, 10'000});
}

TEST_F(DiallerTest, AnswersThatComeWhenItIsGoneAreNobodys) {
  server_.be_silent();
  shard_.call([&] {
    dialler_->dial({"never.example", 80, 10'000}, [](const Dialled&) { FAIL() << "answered"; });
    dialler_.reset();
  });
  std::promise<void> answered;
  resolver_.addresses("never.example", [&](const auto&) { answered.set_value(); });
  answered.get_future().get();
  shard_.turn();
}

}  // namespace
}  // namespace trellis::runtime
