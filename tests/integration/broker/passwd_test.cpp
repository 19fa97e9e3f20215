// `trellis passwd`, and a broker that lets in whom it wrote down.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "json.hpp"
#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class Passwd : public SiteTest {
 protected:
  std::string file() const { return folder_.path() + "/users"; }
  CommandResult add(const std::string& user, const std::string& password, const std::string& algorithm = "pbkdf2") {
    return trellis({"passwd", file(), user, "--stdin", "--algorithm", algorithm}, password + "\n");
  }
  CommandResult list() { return trellis({"passwd", file(), "--list", "-o", "json"}); }
  void start_with_file() {
    start(
        {.plugins = R"("authenticator-password": {"config": {"file": ")" + file() + R"(", "watch_interval": "100ms"}})",
         .authenticators = R"("authenticator-password")"});
  }
  std::uint8_t answer_to(const std::string& user, const std::string& password) {
    auto client = open();
    client.send_connect({.client_id = unique(user), .username = user, .password = password});
    return client.expect(PacketType::connack).reason;
  }

  TemporaryDirectory folder_;
};

TEST_F(Passwd, MakesAFileNobodyElseMayRead) {
  const auto result = add("ada", "secret");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "user ada added in " + file() + "\n");
  struct stat found {};
  ASSERT_EQ(stat(file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777u, 0600u);
  EXPECT_EQ(contents(file()).rfind("ada:$pbkdf2-sha512$", 0), 0u);
  EXPECT_EQ(contents(file()).find("secret"), std::string::npos);
}

TEST_F(Passwd, UsesAMemoryHardHashUnlessToldOtherwise) {
  EXPECT_EQ(trellis({"passwd", file(), "ada", "--stdin"}, "secret\n").code, 0);
  EXPECT_EQ(contents(file()).rfind("ada:$scrypt$", 0), 0u);
}

TEST_F(Passwd, SaltsEachHash) {
  add("ada", "same");
  add("bob", "same");
  const auto text = contents(file());
  const auto ada = text.substr(4, text.find('\n') - 4);
  EXPECT_EQ(text.find("bob:" + ada), std::string::npos) << text;
}

TEST_F(Passwd, ListsChangesAndRemovesUsers) {
  add("ada", "one");
  add("bob", "two");
  EXPECT_EQ(add("ada", "three").out, "user ada changed in " + file() + "\n");
  auto users = parse_json(list().out)["users"];
  ASSERT_EQ(users.size(), 2u) << users;
  EXPECT_EQ(users[0]["user"], "ada");
  EXPECT_EQ(users[0]["algorithm"], "pbkdf2");

  const auto removed = trellis({"passwd", file(), "ada", "--delete", "-o", "json"});
  EXPECT_EQ(removed.code, 0);
  EXPECT_EQ(parse_json(removed.out)["user"], "ada");
  users = parse_json(list().out)["users"];
  ASSERT_EQ(users.size(), 1u);
  EXPECT_EQ(users[0]["user"], "bob");
}

TEST_F(Passwd, FailsWithASentenceAndLeavesTheFileAlone) {
  add("ada", "one");
  const auto before = contents(file());
  EXPECT_EQ(trellis({"passwd", file(), "nobody", "--delete"}).code, 1);
  EXPECT_EQ(add("ada", "").code, 1) << "an empty password";
  EXPECT_EQ(trellis({"passwd", file(), "ada", "--stdin"}, "").code, 1) << "no password at all";
  EXPECT_EQ(trellis({"passwd", file(), "a:b", "--stdin"}, "x\n").code, 2) << "a name the file cannot hold";
  EXPECT_EQ(trellis({"passwd", file(), "ada", "--algorithm", "md5"}, "x\n").code, 2);
  EXPECT_EQ(trellis({"passwd"}).code, 2);
  EXPECT_EQ(contents(file()), before);
}

TEST_F(Passwd, FolderThatCannotBeWrittenIsNamed) {
  const auto result = trellis({"passwd", "/proc/users", "ada", "--stdin"}, "secret\n");
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("/proc/users"), std::string::npos) << result.err;
}

TEST_F(Passwd, BrokerLetsInWhomItWroteDown) {
  add("ada", "one", "scrypt");
  add("bob", "two", "pbkdf2");
  start_with_file();
  EXPECT_EQ(answer_to("ada", "one"), 0);
  EXPECT_EQ(answer_to("bob", "two"), 0);
  EXPECT_EQ(answer_to("ada", "two"), 0x86);
  EXPECT_EQ(answer_to("eve", "one"), 0x86);
}

TEST_F(Passwd, RunningBrokerTakesChangesOverByItself) {
  add("ada", "one");
  start_with_file();
  EXPECT_EQ(answer_to("ada", "one"), 0);
  add("ada", "two");
  EXPECT_TRUE(eventually([&] { return answer_to("ada", "two") == 0; }));
  EXPECT_EQ(answer_to("ada", "one"), 0x86);
}

}  // namespace
}  // namespace trellis::testing
