// The command that manages the file, on a real file in a directory of its own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scram_command.hpp"
#include "user_file.hpp"

namespace scram {
namespace {

class ScramCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trellis-scram-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    file_ = directory_ + "/users";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  int run(const std::vector<std::string_view>& words, const std::string& password = "secret") {
    out_.clear();
    err_.clear();
    return run_scram(words, {.out = [this](std::string_view text) { out_ += text; },
                             .err = [this](std::string_view text) { err_ += text; },
                             .read_secret = [&](std::string_view) { return std::optional(password); }});
  }
  std::string content() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  std::string directory_, file_, out_, err_;
};

TEST_F(ScramCommand, WritesKeysAndNoPassword) {
  EXPECT_EQ(run({file_, "ada"}), 0) << err_;
  EXPECT_EQ(out_, "user ada added in " + file_ + "\n");
  EXPECT_EQ(err_, "");
  EXPECT_NE(content().find("\nada:SCRAM-SHA-256$100000:"), std::string::npos) << content();
  EXPECT_EQ(content().find("secret"), std::string::npos);
  std::vector<std::string> errors;
  const std::string text = content();
  const Users users = Users::parse(text, "f", {}, errors);
  ASSERT_NE(users.find("ada"), nullptr);
  EXPECT_EQ(*users.find("ada"), make_stored_key("secret", users.find("ada")->salt, 100'000));
}

TEST_F(ScramCommand, KeepsTheSecretOfDecoys) {
  ASSERT_EQ(run({file_, "ada", "--iterations", "4096"}), 0);
  const std::string first = content().substr(0, content().find('\n'));
  EXPECT_TRUE(first.starts_with("#decoys:"));
  ASSERT_EQ(run({file_, "bob", "--iterations=5000"}), 0);
  EXPECT_EQ(content().substr(0, content().find('\n')), first);
  EXPECT_EQ(run({file_, "--list"}), 0);
  EXPECT_EQ(out_, "ada\t4096\nbob\t5000\n");
  EXPECT_EQ(run({file_, "ada", "--delete"}), 0);
  EXPECT_EQ(run({file_, "--list", "-o", "json"}), 0);
  EXPECT_EQ(out_, "{\"file\":\"" + file_ + R"(","users":[{"user":"bob","iterations":"5000"}]})" + "\n");
}

TEST_F(ScramCommand, SaysWhatItDoesNotTake) {
  EXPECT_EQ(run({file_, "zoë"}), 2);
  EXPECT_TRUE(err_.starts_with("trellis scram: the user name contains something else than printable ASCII")) << err_;
  EXPECT_EQ(run({file_, "ada"}, "pässword"), 1);
  EXPECT_TRUE(err_.starts_with("trellis scram: the password contains something else than printable ASCII")) << err_;
  EXPECT_EQ(err_.find("pässword"), std::string::npos);
  for (const char* iterations : {"4095", "10000001", "x", ""}) {
    EXPECT_EQ(run({file_, "ada", "--iterations", iterations}), 2);
    EXPECT_TRUE(err_.starts_with("trellis scram: after --iterations: found \"" + std::string(iterations) +
                                 "\", expected 4096 to 10000000\n"))
        << err_;
  }
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_TRUE(out_.starts_with("Usage: trellis scram FILE USER"));
}

}  // namespace
}  // namespace scram
