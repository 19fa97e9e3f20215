// The verbs that start nothing: check, those about plugin files, and those of plugins.

#include <trellis/abi/command.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <trellis/console/terminal.hpp>
#include <trellis/isolation/isolation.hpp>
#include <trellis/keeping/message.hpp>
#include <trellis/loading/registry.hpp>
#include <trellis/loading/verbs.hpp>
#include <trellis/schema/json_text.hpp>

#include "app/broker.hpp"
#include "app/options.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

using namespace console;
using loading::add_config;
using loading::config_file;

void print(const Json::Value& value) { std::cout << schema::to_pretty(value) << '\n'; }

int check(const Values& values) {
  Broker broker;  // nothing of it is started
  schema::Diagnostics problems;
  const auto loaded = load_file(config_file(values), {loading::plugin_path(values)}, broker.services(), problems);
  const bool shown = loaded && values.count("print") != 0;
  if (wants_json(values)) {
    Json::Value out;
    out["valid"] = loaded.has_value();
    out["diagnostics"] = problems.json();
    if (shown) out["configuration"] = loaded->redacted;
    print(out);
    return loaded ? kDone : kWrongConfig;
  }
  std::cerr << problems.text(isatty(STDERR_FILENO) != 0);
  if (shown) print(loaded->redacted);
  if (loaded && !shown) std::cout << config_file(values) << " is valid\n";
  return loaded ? kDone : kWrongConfig;
}

int run_command(const Instance& instance, const Words& words, bool json) {
  // The broker that is not started catches them, and nobody would ever ask it: Ctrl-C ends a command.
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_DFL);
  std::vector<trellis_view> views;
  for (const std::string& word : words) views.push_back(view_of(word));
  const trellis_console terminal = console::terminal(json);
  const auto* table = instance.table<trellis_command>(TRELLIS_COMMAND);
  return table->run(instance.handle(), views.data(), static_cast<std::uint32_t>(views.size()), &terminal);
}

}  // namespace

std::vector<Verb> tool_verbs() {
  Options of_check;
  add_config(loading::add_plugin_path(add_output(of_check)))
      .add_options()("print", "print it with all defaults, secrets hidden");
  std::vector<Verb> verbs = loading::plugin_file_verbs(settings_schema());
  verbs.push_back(make_verb("check", "check a configuration without starting anything", of_check, "config", &check));
  verbs.push_back(
      {"plugin-host", "", [](const std::string&, const Words& words) { return isolation::run_plugin_host(words); }});
  return verbs;
}

std::vector<Verb> plugin_verbs() {
  std::vector<std::string> errors;
  std::vector<Verb> verbs;
  const auto broker = std::make_shared<Broker>();  // nothing of it is started
  for (const auto& library : loading::Registry(loading::default_plugin_path()).all(errors)) {
    std::string error;
    const auto instance = Instance::create(library, std::string(library->id()), broker->services(), error);
    const auto* command = instance == nullptr ? nullptr : instance->table<trellis_command>(TRELLIS_COMMAND);
    if (command == nullptr) continue;
    // The broker offers what the instance uses, so it is destroyed last.
    verbs.push_back(make_verb(std::string(text_of(command->verb)), std::string(text_of(command->summary)),
                              [home = std::pair(broker, instance)](const auto& words, bool json) {
                                return run_command(*home.second, words, json);
                              }));
  }
  return verbs;
}

}  // namespace trellis::kernel
