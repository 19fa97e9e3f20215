// Verbs that plugins add to the program.

#include <termios.h>
#include <trellis/abi/command.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "app/broker.hpp"
#include "app/options.hpp"
#include "message/message.hpp"

namespace trellis::kernel {
namespace {

// Turns the terminal's echo off for as long as it lives.
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
  std::string line;
  if (console->interactive) {
    std::cerr << text_of(prompt) << std::flush;
    const Silence silence;
    const bool read = static_cast<bool>(std::getline(std::cin, line));
    std::cerr << '\n';
    if (!read) return SIZE_MAX;
  } else if (!std::getline(std::cin, line)) {
    return SIZE_MAX;
  }
  const std::size_t size = std::min(line.size(), capacity);
  std::copy_n(line.data(), size, buffer);
  std::fill(line.begin(), line.end(), '\0');
  return size;
}

int run_command(const Instance& instance, const std::vector<std::string>& words) {
  trellis_console console{};
  console.struct_size = sizeof console;
  console.interactive = isatty(STDIN_FILENO) != 0;
  console.out = [](const trellis_console*, trellis_view text) { std::cout << text_of(text) << std::flush; };
  console.err = [](const trellis_console*, trellis_view text) { std::cerr << text_of(text) << std::flush; };
  console.read_secret = &read_secret;
  std::vector<trellis_view> views;
  for (std::size_t i = 0; i < words.size(); ++i) {
    // -o json means the same to every verb, so it is taken out here.
    if ((words[i] == "-o" || words[i] == "--output") && i + 1 < words.size()) {
      console.json = words[++i] == "json";
    } else if (words[i] == "--output=json" || words[i] == "-ojson") {
      console.json = true;
    } else {
      views.push_back(view_of(words[i]));
    }
  }
  const auto* table = instance.table<trellis_command>(TRELLIS_COMMAND);
  return table->run(instance.handle(), views.data(), static_cast<std::uint32_t>(views.size()), &console);
}

}  // namespace

std::vector<Verb> plugin_verbs() {
  std::vector<std::string> errors;
  std::vector<Verb> verbs;
  const auto broker = std::make_shared<Broker>();  // nothing of it is started
  for (const auto& library : Registry(default_plugin_path()).all(errors)) {
    std::string error;
    const auto instance = Instance::create(library, std::string(library->id()), broker->services(), error);
    const auto* command = instance == nullptr ? nullptr : instance->table<trellis_command>(TRELLIS_COMMAND);
    if (command == nullptr) continue;
    // The broker offers what the instance uses, so it is destroyed last.
    verbs.push_back(
        {std::string(text_of(command->verb)), std::string(text_of(command->summary)),
         [home = std::pair(broker, instance)](const auto& words) { return run_command(*home.second, words); }});
  }
  return verbs;
}

}  // namespace trellis::kernel
