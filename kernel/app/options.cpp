#include "app/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <optional>
#include <trellis/schema/near_match.hpp>

namespace trellis::kernel {
namespace {

namespace po = boost::program_options;
using Folders = std::vector<std::string>;

void print_overview(const std::vector<Verb>& verbs, std::ostream& out) {
  out << "Trellis, a broker framework.\n\nUsage: trellis VERB [options]\n\nVerbs:\n";
  for (const Verb& verb : verbs) out << fmt::format("  {:<14} {}\n", verb.name, verb.summary);
  out << "\ntrellis VERB --help tells about one. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong configuration.\n";
}

// How many words at the beginning name the verb; 0 if they name another.
std::size_t names(const std::vector<std::string>& words, const std::string& verb) {
  if (words[0] == verb) return 1;
  return words.size() > 1 && words[0] + " " + words[1] == verb ? 2 : 0;
}

}  // namespace

Options& add_config(Options& options) {
  options.add_options()("config,c", po::value<std::string>()->default_value("trellis.json")->value_name("FILE"),
                        "the configuration file");
  return options;
}

Options& add_plugin_path(Options& options) {
  options.add_options()("plugin-path", po::value<Folders>()->value_name("FOLDER"),
                        "further folder to look for plugins in; may be given several times");
  return options;
}

Options& add_output(Options& options) {
  options.add_options()("output,o", po::value<std::string>()->value_name("FORMAT"),
                        "text, for people, or json, for machines");
  return options;
}

std::string config_file(const Values& values) { return values["config"].as<std::string>(); }

std::vector<std::filesystem::path> plugin_path(const Values& values) {
  if (values.count("plugin-path") == 0) return {};
  const Folders& folders = values["plugin-path"].as<Folders>();
  return {folders.begin(), folders.end()};
}

std::string format_fault(const std::string& format) {
  const std::vector<std::string> known = {"text", "json"};
  if (std::ranges::find(known, format) != known.end()) return {};
  return fmt::format("there is no output format \"{}\", expected {}{}", format, schema::one_of(known),
                     schema::did_you_mean(schema::near_match(format, known)));
}

bool wants_json(const Values& values) {
  return values.count("output") != 0 && values["output"].as<std::string>() == "json";
}

Verb make_verb(const std::string& name, const std::string& summary, Options options, const std::string& positional,
               std::function<int(const Values&)> run) {
  options.add_options()("help,h", "print this");
  const auto parse_and_run = [=, run = std::move(run)](const std::vector<std::string>& words) {
    const auto refuse = [&name](const std::string& why) {
      std::cerr << fmt::format("trellis {0}: {1}\ntrellis {0} --help lists the options\n", name, why);
      return static_cast<int>(kWrongUsage);
    };
    Values values;
    try {
      po::positional_options_description positionals;
      if (!positional.empty()) positionals.add(positional.c_str(), 1);
      po::store(po::command_line_parser(words).options(options).positional(positionals).run(), values);
    } catch (const po::error& error) {
      return refuse(error.what());
    }
    const std::string fault = values.count("output") == 0 ? "" : format_fault(values["output"].as<std::string>());
    if (!fault.empty()) return refuse(fault);
    if (values.count("help") == 0) return run(values);
    std::cout << fmt::format("{}\n\nUsage: trellis {} [options]{}\n\nOptions:\n", summary, name,
                             positional.empty() ? "" : fmt::format(" [{}]", positional))
              << options;
    return static_cast<int>(kDone);
  };
  return {name, summary, parse_and_run};
}

int run_program(const std::vector<std::string>& words) {
  std::vector<Verb> verbs = run_verbs();
  std::ranges::copy(tool_verbs(), std::back_inserter(verbs));
  const auto run_named = [&]() -> std::optional<int> {
    for (const Verb& verb : verbs) {
      const auto used = static_cast<std::ptrdiff_t>(names(words, verb.name));
      if (used != 0) return verb.run({words.begin() + used, words.end()});
    }
    return std::nullopt;
  };
  if (!words.empty() && words[0] == "--version") return run_program({"version"});
  if (!words.empty()) {
    if (const auto code = run_named()) return *code;
  }
  // Plugins are loaded only for what is no verb of the program's own.
  std::ranges::copy(plugin_verbs(), std::back_inserter(verbs));
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_overview(verbs, words.empty() ? std::cerr : std::cout);
    return words.empty() ? kWrongUsage : kDone;
  }
  if (const auto code = run_named()) return *code;
  std::vector<std::string> known;
  for (const Verb& verb : verbs) known.push_back(verb.name);
  const std::string near = schema::near_match(words[0], known);
  std::cerr << fmt::format("trellis: there is no verb \"{}\"{}\ntrellis --help lists them\n", words[0],
                           schema::did_you_mean(near));
  return kWrongUsage;
}

}  // namespace trellis::kernel
