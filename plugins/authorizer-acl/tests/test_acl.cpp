// The plugin as the broker sees it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <trellis/testing/test_host.hpp>

#include "acl.hpp"

namespace acl {
namespace {

using trellis::Access;
using trellis::testing::TestHost;
using Ask = trellis::Action;

class Acl : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trellis-acl-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    file_ = (directory_ / "acl").string();
    write("topic read public\nuser ada\ntopic a/+\ntopic deny a/secret\npattern own/%c/%u\n");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& text) {
    std::ofstream(file_ + ".new") << text;
    std::filesystem::rename(file_ + ".new", file_);
  }

  std::string settings(const std::string& more = {}) const { return R"({"file": ")" + file_ + "\"" + more + "}"; }

  std::filesystem::path directory_;
  std::string file_;
};

TEST_F(Acl, AllowsDeniesAndLeavesTheRestToTheNext) {
  TestHost host;
  auto plugin = host.load<AclAuthorizer>(settings());
  EXPECT_EQ(plugin.may("ada", Ask::publish, "a/b"), Access::allow);
  EXPECT_EQ(plugin.may("ada", Ask::receive, "a/secret"), Access::deny);
  EXPECT_EQ(plugin.may("ada", Ask::publish, "b"), Access::defer);
  EXPECT_EQ(plugin.may("eve", Ask::publish, "a/b"), Access::defer);
  EXPECT_EQ(plugin.may("", Ask::receive, "public", "c1"), Access::allow);
  EXPECT_EQ(plugin.may("ada", Ask::publish, "own/c1/ada", "c1"), Access::allow);
  EXPECT_EQ(plugin.may("ada", Ask::publish, "own/c1/ada", "c2"), Access::defer);
}

TEST_F(Acl, JudgesDeliveriesToo) {
  TestHost host;
  EXPECT_EQ(host.load<AclAuthorizer>(settings()).flags(),
            static_cast<std::uint32_t>(TRELLIS_AUTHORIZER_JUDGES_RECEIVE));
}

TEST_F(Acl, SubscriptionsMayHaveToBeCovered) {
  TestHost host;
  EXPECT_EQ(host.load<AclAuthorizer>(settings()).may("ada", Ask::subscribe, "a/#"), Access::allow);
  auto strict = host.load<AclAuthorizer>(settings(R"(, "subscribe": "covered")"));
  EXPECT_EQ(strict.may("ada", Ask::subscribe, "a/#"), Access::defer);
  EXPECT_EQ(strict.may("ada", Ask::subscribe, "a/+"), Access::allow);
}

TEST_F(Acl, TakesOverAChangedFileAndKeepsTheRulesWhenItIsBroken) {
  TestHost host;
  auto plugin = host.load<AclAuthorizer>(settings(R"(, "watch_interval": "1ms")"));
  EXPECT_EQ(plugin.may("eve", Ask::publish, "x"), Access::defer);
  write("user eve\ntopic x\n");
  EXPECT_TRUE(host.wait([&] { return plugin.may("eve", Ask::publish, "x") == Access::allow; }));
  EXPECT_EQ(plugin.may("ada", Ask::publish, "a/b"), Access::defer);
  EXPECT_TRUE(host.wait([&] { return host.forgotten_decisions() == 1; })) << "what was answered by the old rules";
  write("usr eve\n");
  EXPECT_TRUE(host.wait([&] { return host.logged("acl:1: found \"usr\""); }));
  EXPECT_EQ(plugin.may("eve", Ask::publish, "x"), Access::allow);
  EXPECT_EQ(host.forgotten_decisions(), 1u);
}

TEST_F(Acl, RefusesToStartWithoutAGoodFile) {
  TestHost host;
  write("topic a\nusr ada\ntopic read\n");
  EXPECT_EQ(
      host.refusal<AclAuthorizer>(settings()),
      file_ + ":2: found \"usr\", expected \"user\", \"topic\" or \"pattern\"; " + file_ + ":3: the topic is missing");
  std::filesystem::remove(file_);
  EXPECT_EQ(host.refusal<AclAuthorizer>(settings()), "cannot open " + file_ + ": No such file or directory");
}

}  // namespace
}  // namespace acl
