// Verbs that plugins add to the program.

#include <trellis/abi/command.h>

#include <trellis/console/terminal.hpp>

#include "app/broker.hpp"
#include "app/options.hpp"
#include "message/message.hpp"

namespace trellis::kernel {
namespace {

int run_command(const Instance& instance, const console::Words& words, bool json) {
  std::vector<trellis_view> views;
  for (const std::string& word : words) views.push_back(view_of(word));
  const trellis_console terminal = console::terminal(json);
  const auto* table = instance.table<trellis_command>(TRELLIS_COMMAND);
  return table->run(instance.handle(), views.data(), static_cast<std::uint32_t>(views.size()), &terminal);
}

}  // namespace

std::vector<console::Verb> plugin_verbs() {
  std::vector<std::string> errors;
  std::vector<console::Verb> verbs;
  const auto broker = std::make_shared<Broker>();  // nothing of it is started
  for (const auto& library : Registry(default_plugin_path()).all(errors)) {
    std::string error;
    const auto instance = Instance::create(library, std::string(library->id()), broker->services(), error);
    const auto* command = instance == nullptr ? nullptr : instance->table<trellis_command>(TRELLIS_COMMAND);
    if (command == nullptr) continue;
    // The broker offers what the instance uses, so it is destroyed last.
    verbs.push_back(console::make_verb(std::string(text_of(command->verb)), std::string(text_of(command->summary)),
                                       [home = std::pair(broker, instance)](const auto& words, bool json) {
                                         return run_command(*home.second, words, json);
                                       }));
  }
  return verbs;
}

}  // namespace trellis::kernel
