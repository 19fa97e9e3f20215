// What a verb may add to the command: options, a first look at names and files.
#include "common/users/user_command.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace common {
namespace {

class UserCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trellis-users-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    file_ = directory_ + "/users";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  int run(const std::vector<std::string_view>& words) {
    out_.clear();
    err_.clear();
    UserCommand command{.verb = "secrets", .manual = "the manual\n", .detail = "size"};
    command.options = {{"--times", [&](std::string_view value) {
                          times_ = value;
                          return std::string(value.size() == 1 ? "" : "one digit");
                        }}};
    command.prepare = [](const std::string& text) { return text.starts_with('#') ? text : "# head\n" + text; };
    command.check_name = [](std::string_view user) { return std::string(user == "root" ? "not that one" : ""); };
    command.make_entry = [&](std::string_view password, std::string& why) -> std::optional<std::string> {
      if (password == "weak") why = "the password is weak";
      return why.empty() ? std::optional(times_ + "*" + std::string(password)) : std::nullopt;
    };
    command.read = [](std::string_view text, const std::string&, const UserCommand::Visit& visit) {
      visit("all", std::to_string(text.size()));
      return std::vector<std::string>{};
    };
    return run_user_command(command, words,
                            {.out = [this](std::string_view text) { out_ += text; },
                             .err = [this](std::string_view text) { err_ += text; },
                             .read_secret = [this](std::string_view) { return std::optional(password_); }});
  }

  std::string content() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  std::string directory_, file_, out_, err_, times_ = "1", password_ = "p";
};

TEST_F(UserCommandTest, WritesWhatTheVerbMakes) {
  EXPECT_EQ(run({file_, "ada", "--times", "2"}), 0) << err_;
  EXPECT_EQ(content(), "# head\nada:2*p\n");
  EXPECT_EQ(run({"--times=3", file_, "ada"}), 0) << err_;
  EXPECT_EQ(content(), "# head\nada:3*p\n");
  EXPECT_EQ(run({file_, "--list", "-o", "json"}), 0);
  EXPECT_EQ(out_, "{\"file\":\"" + file_ + R"(","users":[{"user":"all","size":"15"}]})" + "\n");
}

TEST_F(UserCommandTest, SaysWhatTheVerbRefusesAndWritesNothing) {
  EXPECT_EQ(run({file_, "root"}), 2);
  EXPECT_EQ(err_, "trellis secrets: not that one\n\nthe manual\n");
  EXPECT_EQ(run({file_, "ada", "--times", "22"}), 2);
  EXPECT_EQ(err_, "trellis secrets: after --times: found \"22\", expected one digit\n\nthe manual\n");
  password_ = "weak";
  EXPECT_EQ(run({file_, "ada"}), 1);
  EXPECT_EQ(err_, "trellis secrets: the password is weak\n");
  EXPECT_FALSE(std::filesystem::exists(file_));
}

}  // namespace
}  // namespace common
