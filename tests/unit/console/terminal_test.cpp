// What a command of a plugin writes and reads, with a pipe and with a terminal as standard input.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <trellis/console/terminal.hpp>
#include <trellis/view.hpp>

#include "printed.hpp"

namespace trellis::console {
namespace {

// Standard input replaced for the time of a test.
class Terminal : public ::testing::Test {
 protected:
  void TearDown() override {
    dup2(stdin_, STDIN_FILENO);
    close(stdin_);
    if (other_end_ != -1) close(other_end_);
    std::clearerr(stdin);
    std::cin.clear();
  }

  void read_from_a_pipe(std::string_view text) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    become_stdin(ends[0]);
    ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(ends[1]);
  }

  void read_from_a_person() {
    other_end_ = posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_NE(other_end_, -1);
    ASSERT_EQ(grantpt(other_end_), 0);
    ASSERT_EQ(unlockpt(other_end_), 0);
    become_stdin(open(ptsname(other_end_), O_RDWR | O_NOCTTY));
  }

  void type(std::string_view text) {
    EXPECT_EQ(write(other_end_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  bool echoes() const {
    termios settings{};
    EXPECT_EQ(tcgetattr(STDIN_FILENO, &settings), 0);
    return (settings.c_lflag & ECHO) != 0;
  }

  static std::optional<std::string> secret(const trellis_console& console, std::size_t capacity = 100) {
    std::string buffer(capacity, '\0');
    const std::size_t size = console.read_secret(&console, view("Secret: "), buffer.data(), buffer.size());
    if (size == SIZE_MAX) return std::nullopt;
    return buffer.substr(0, size);
  }

  int other_end_ = -1;  // of the terminal: where the person sits

 private:
  static void become_stdin(int descriptor) {
    ASSERT_NE(descriptor, -1);
    ASSERT_EQ(dup2(descriptor, STDIN_FILENO), STDIN_FILENO);
    close(descriptor);
  }

  const int stdin_ = dup(STDIN_FILENO);
};

TEST_F(Terminal, WritesWhereItIsTold) {
  const Printed printed;
  const trellis_console console = terminal(true);
  console.out(&console, view("done\n"));
  console.err(&console, view("warning\n"));
  EXPECT_EQ(printed.out.str(), "done\n");
  EXPECT_EQ(printed.err.str(), "warning\n");
  EXPECT_EQ(console.struct_size, sizeof console);
  EXPECT_TRUE(console.json);
  EXPECT_FALSE(terminal(false).json);
}

TEST_F(Terminal, ReadsLinesFromAPipeWithoutAsking) {
  read_from_a_pipe("one\ntwo longer\nlast");
  const Printed printed;
  const trellis_console console = terminal(false);
  EXPECT_FALSE(console.interactive);
  EXPECT_EQ(secret(console), "one");
  EXPECT_EQ(secret(console, 3), "two") << "cut to what the buffer holds";
  EXPECT_EQ(secret(console), "last");
  EXPECT_EQ(secret(console), std::nullopt);
  EXPECT_EQ(printed.err.str(), "");
}

TEST_F(Terminal, AsksAPersonAndShowsNothingOfTheAnswer) {
  read_from_a_person();
  ASSERT_TRUE(echoes());
  const trellis_console console = terminal(false);
  EXPECT_TRUE(console.interactive);
  const Printed printed;
  auto answer = std::async(std::launch::async, [&] { return secret(console); });
  while (echoes()) std::this_thread::yield();
  type("hidden\n");
  EXPECT_EQ(answer.get(), "hidden");
  EXPECT_EQ(printed.err.str(), "Secret: \n");
  EXPECT_TRUE(echoes()) << "as it was before";
  type("\n");  // echoed, and the first that is: nothing of the secret came before
  std::array<char, 10> shown{};
  EXPECT_EQ(read(other_end_, shown.data(), shown.size()), 2);
  EXPECT_EQ(std::string(shown.data()), "\r\n");
}

TEST_F(Terminal, EndOfInputAtATerminalIsNoSecret) {
  read_from_a_person();
  const trellis_console console = terminal(false);
  const Printed printed;
  auto answer = std::async(std::launch::async, [&] { return secret(console); });
  while (echoes()) std::this_thread::yield();
  type("\x04");
  EXPECT_EQ(answer.get(), std::nullopt);
  EXPECT_TRUE(echoes());
}

}  // namespace
}  // namespace trellis::console
