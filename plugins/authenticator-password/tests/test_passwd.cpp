// The command that manages the file, on real files in a directory of its own.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "passwd.hpp"
#include "user_file.hpp"

namespace password {
namespace {

class Passwd : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trellis-passwd-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    file_ = (directory_ / "users").string();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  int run(const std::vector<std::string_view>& words, std::deque<std::string> answers = {}, bool interactive = false) {
    out_.clear();
    err_.clear();
    prompts_.clear();
    Terminal terminal;
    terminal.interactive = interactive;
    terminal.out = [this](std::string_view text) { out_ += text; };
    terminal.err = [this](std::string_view text) { err_ += text; };
    terminal.read_secret = [&](std::string_view prompt) -> std::optional<std::string> {
      prompts_.emplace_back(prompt);
      if (answers.empty()) return std::nullopt;
      std::string answer = answers.front();
      answers.pop_front();
      return answer;
    };
    return run_passwd(words, terminal);
  }

  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
  }

  bool is_password_of(std::string_view user, std::string_view password) const {
    std::vector<std::string> errors;
    const std::string text = content();
    const Users users = Users::parse(text, "f", errors);
    const Hash* hash = users.find(user);
    return hash != nullptr && verify(*hash, password);
  }

  unsigned mode() const {
    struct stat found {};
    return ::stat(file_.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
  }

  std::filesystem::path directory_;
  std::string file_;
  std::string out_, err_;
  std::vector<std::string> prompts_;
};

TEST_F(Passwd, MakesAFileOnlyItsOwnerMayRead) {
  EXPECT_EQ(run({file_, "ada"}, {"secret"}), 0) << err_;
  EXPECT_EQ(out_, "user ada added in " + file_ + "\n");
  EXPECT_TRUE(is_password_of("ada", "secret"));
  EXPECT_TRUE(content().starts_with("ada:$scrypt$ln=14,r=8,p=1$"));
  EXPECT_EQ(mode(), 0600u);
}

TEST_F(Passwd, AsksTwiceOnlyWhereAPersonSits) {
  EXPECT_EQ(run({file_, "ada"}, {"secret", "secret"}, true), 0) << err_;
  EXPECT_EQ(prompts_, (std::vector<std::string>{"Password: ", "Password again: "}));
  EXPECT_EQ(run({file_, "ada", "--stdin"}, {"other"}, true), 0) << err_;
  EXPECT_EQ(prompts_.size(), 1u);
  EXPECT_TRUE(is_password_of("ada", "other"));
  EXPECT_EQ(out_, "user ada changed in " + file_ + "\n");
}

TEST_F(Passwd, ChangesNothingWithoutAGoodPassword) {
  ASSERT_EQ(run({file_, "ada"}, {"secret"}), 0);
  const std::string before = content();
  EXPECT_EQ(run({file_, "ada"}, {"new", "nwe"}, true), 1);
  EXPECT_EQ(err_, "trellis passwd: the passwords differ; nothing was changed\n");
  EXPECT_EQ(run({file_, "ada"}, {""}), 1);
  EXPECT_EQ(run({file_, "ada"}, {}), 1);
  EXPECT_EQ(content(), before);
}

TEST_F(Passwd, KeepsModeCommentsAndLinks) {
  std::ofstream(file_) << "# people\n";
  ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
  const std::filesystem::path link = directory_ / "link";
  std::filesystem::create_symlink(file_, link);
  EXPECT_EQ(run({link.string(), "ada", "--algorithm", "pbkdf2"}, {"secret"}), 0) << err_;
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_TRUE(content().starts_with("# people\nada:$pbkdf2-sha512$i=210000$")) << content();
  EXPECT_EQ(mode(), 0640u) << "nothing for others";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), std::filesystem::directory_iterator()), 2);
}

TEST_F(Passwd, RemovesAndListsUsers) {
  ASSERT_EQ(run({file_, "ada"}, {"secret"}), 0);
  ASSERT_EQ(run({"--algorithm=pbkdf2", file_, "bob"}, {"secret"}), 0);
  EXPECT_EQ(run({"--list", file_}), 0);
  EXPECT_EQ(out_, "ada\tscrypt\nbob\tpbkdf2\n");
  EXPECT_EQ(run({file_, "ada", "--delete", "-o", "json"}), 0);
  EXPECT_EQ(out_, "{\"file\":\"" + file_ + "\",\"user\":\"ada\",\"done\":\"removed\"}\n");
  EXPECT_EQ(run({file_, "ada", "--delete"}), 1);
  EXPECT_EQ(err_, "trellis passwd: there is no user ada in " + file_ + "\n");
  EXPECT_EQ(run({"--list", file_, "-o", "json"}), 0);
  EXPECT_EQ(out_, "{\"file\":\"" + file_ + "\",\"users\":[{\"user\":\"bob\",\"algorithm\":\"pbkdf2\"}]}\n");
}

TEST_F(Passwd, ReportsLinesTheBrokerWouldRefuse) {
  std::ofstream(file_) << "eve\n";
  EXPECT_EQ(run({file_, "--list"}), 1);
  EXPECT_EQ(err_, file_ + ":1: the ':' is missing, expected user:hash\n");
  EXPECT_EQ(run({file_, "ada"}, {"secret"}), 0);
  EXPECT_EQ(err_, "warning: " + file_ + ":1: the ':' is missing, expected user:hash\n");
}

TEST_F(Passwd, WrongUsageSaysWhatIsWrongAndHelpIsNoFailure) {
  const std::vector<std::pair<std::vector<std::string_view>, std::string>> cases{
      {{}, "the file is missing"},
      {{file_}, "the user is missing"},
      {{file_, "a", "b"}, "unexpected word \"b\""},
      {{file_, "a:b"}, "the user name contains ':', which ends it in the file"},
      {{file_, "a", "--delte"}, "unknown option --delte"},
      {{file_, "a", "--algorithm"}, "after --algorithm: found \"\", expected scrypt or pbkdf2"},
      {{file_, "a", "--algorithm", "md5"}, "after --algorithm: found \"md5\", expected scrypt or pbkdf2"},
      {{file_, "--list", "--delete"}, "--delete and --list exclude each other"},
      {{file_, "a", "-o", "xml"}, "after -o: expected text or json"},
  };
  for (const auto& [words, wrong] : cases) {
    EXPECT_EQ(run(words), 2);
    EXPECT_TRUE(err_.starts_with("trellis passwd: " + wrong + "\n")) << err_;
  }
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_TRUE(out_.starts_with("Usage: trellis passwd FILE USER"));
  EXPECT_EQ(run({(directory_ / "none").string(), "--list"}), 1);
}

}  // namespace
}  // namespace password
