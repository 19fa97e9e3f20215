// Verbs that plugins add to the program.

#include <fmt/format.h>
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

// -o means the same to every verb, so it is taken out of the words. Answers what is wrong with it.
std::string take_output(std::vector<std::string>& words, bool& json) {
  std::vector<std::string> others;
  std::string fault;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string format;
    if (words[i] == "-o" || words[i] == "--output") {
      if (i + 1 == words.size()) return words[i] + " needs a value, \"text\" or \"json\"";
      format = words[++i];
    } else if (words[i].starts_with("--output=")) {
      format = words[i].substr(9);
    } else if (words[i].starts_with("-o")) {
      format = words[i].substr(2);
    } else {
      others.push_back(words[i]);
      continue;
    }
    if (fault.empty()) fault = format_fault(format);
    json = format == "json";
  }
  words = std::move(others);
  return fault;
}

int run_command(const Instance& instance, const std::string& verb, std::vector<std::string> words) {
  trellis_console console{};
  console.struct_size = sizeof console;
  console.interactive = isatty(STDIN_FILENO) != 0;
  console.out = [](const trellis_console*, trellis_view text) { std::cout << text_of(text) << std::flush; };
  console.err = [](const trellis_console*, trellis_view text) { std::cerr << text_of(text) << std::flush; };
  console.read_secret = &read_secret;
  bool json = false;
  if (const std::string fault = take_output(words, json); !fault.empty()) {
    std::cerr << fmt::format("trellis {0}: {1}\ntrellis {0} --help lists the options\n", verb, fault);
    return kWrongUsage;
  }
  console.json = json;
  std::vector<trellis_view> views;
  for (const std::string& word : words) views.push_back(view_of(word));
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
    const std::string verb(text_of(command->verb));
    verbs.push_back(
        {verb, std::string(text_of(command->summary)), [verb, home = std::pair(broker, instance)](const auto& words) {
           return run_command(*home.second, verb, words);
         }});
  }
  return verbs;
}

}  // namespace trellis::kernel
