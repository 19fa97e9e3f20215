#include "app/options.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <sstream>
#include <trellis/schema/near_match.hpp>

#include "app/plugin_commands.hpp"

namespace trellis::kernel {
namespace {

namespace po = boost::program_options;

void print_overview(std::ostream& out) {
  out << "Trellis, a broker framework.\n\nUsage: trellis VERB [options]\n\nVerbs:\n";
  for (const Verb& verb : verbs()) out << fmt::format("  {:<14} {}\n", verb.name, verb.summary);
  for (const PluginCommand& command : plugin_commands()) {
    out << fmt::format("  {:<14} {}\n", command.verb, command.summary);
  }
  out << "\ntrellis VERB --help tells about one. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong configuration.\n";
}

void print_manual(const Verb& verb, std::ostream& out) {
  out << fmt::format("{}\n\nUsage: trellis {} [options]{}{}\n\nOptions:\n", verb.summary, verb.name,
                     verb.arguments.empty() ? "" : " ", verb.arguments)
      << verb.options;
}

int run_verb(const Verb& verb, const std::vector<std::string>& words) {
  po::options_description all;
  all.add(verb.options).add_options()("help,h", "print this");
  po::positional_options_description positionals;
  for (const std::string& name : verb.positionals) positionals.add(name.c_str(), 1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(words).options(all).positional(positionals).run(), values);
    if (values.count("help") != 0) {
      print_manual(verb, std::cout);
      return kDone;
    }
    po::notify(values);
  } catch (const po::error& error) {
    std::cerr << fmt::format("trellis {}: {}\ntrellis {} --help lists the options\n", verb.name, error.what(),
                             verb.name);
    return kWrongUsage;
  }
  return verb.run(values);
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_overview(words.empty() ? std::cerr : std::cout);
    return words.empty() ? kWrongUsage : kDone;
  }
  const std::string name = words[0] == "--version" ? "version" : words[0];
  std::vector<std::string> known;
  for (const Verb& verb : verbs()) {
    if (verb.name == name) return run_verb(verb, {words.begin() + 1, words.end()});
    // "plugin list" is one verb of two words.
    if (words.size() > 1 && verb.name == name + " " + words[1]) return run_verb(verb, {words.begin() + 2, words.end()});
    known.push_back(verb.name);
  }
  for (const PluginCommand& command : plugin_commands()) {
    if (command.verb == name) return run_plugin_command(command, {words.begin() + 1, words.end()});
    known.push_back(command.verb);
  }
  const std::string near = schema::near_match(name, known);
  std::cerr << fmt::format("trellis: there is no verb '{}'{}\ntrellis --help lists them\n", name,
                           near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
  return kWrongUsage;
}

}  // namespace trellis::kernel
