// Standard input, output and error; no echo while a secret is typed.
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <trellis/console/terminal.hpp>
#include <trellis/view.hpp>

namespace trellis::console {
namespace {

// Turns the terminal's echo off for as long as it lives; does nothing where standard input is no terminal.
class Silence {
 public:
  Silence() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    active_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~Silence() {
    if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool active_ = false;
};

std::size_t read_secret(const trellis_console* console, trellis_view prompt, char* buffer, std::size_t capacity) {
  const Silence silence;  // from before the question, so that a quick answer is neither shown nor thrown away
  if (console->interactive) std::cerr << text(prompt) << std::flush;
  std::string line;
  const bool read = static_cast<bool>(std::getline(std::cin, line));
  if (console->interactive) std::cerr << '\n';
  if (!read) return SIZE_MAX;
  const std::size_t size = std::min(line.size(), capacity);
  std::copy_n(line.data(), size, buffer);
  explicit_bzero(line.data(), line.size());
  return size;
}

}  // namespace

trellis_console terminal(bool json) {
  trellis_console console{};
  console.struct_size = sizeof console;
  console.json = json;
  console.interactive = isatty(STDIN_FILENO) != 0;
  console.out = [](const trellis_console*, trellis_view words) { std::cout << text(words) << std::flush; };
  console.err = [](const trellis_console*, trellis_view words) { std::cerr << text(words) << std::flush; };
  console.read_secret = &read_secret;
  return console;
}

}  // namespace trellis::console
