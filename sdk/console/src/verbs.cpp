// Finds the verb, parses its words, prints manuals and refusals.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <trellis/console/verbs.hpp>
#include <trellis/schema/near_match.hpp>

namespace trellis::console {
namespace {

namespace po = boost::program_options;

int refuse(const std::string& called, const std::string& why, const char* listed = "the options") {
  std::cerr << fmt::format("{0}: {1}\n{0} --help lists {2}\n", called, why, listed);
  return kWrongUsage;
}

bool is_json(const std::string& format) {
  const Words known = {"text", "json"};
  if (std::ranges::find(known, format) != known.end()) return format == "json";
  throw WrongUsage(fmt::format("there is no output format \"{}\", expected {}{}", format, schema::one_of(known),
                               schema::did_you_mean(schema::near_match(format, known))));
}

// Moves -o out of the words. By hand: Boost's parser would lose a "--" and take --out for --output, and both may mean
// something to whoever gets the rest.
bool take_output(Words& words) {
  Words others;
  bool json = false;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "-o" || *word == "--output") {
      if (word + 1 == words.end()) throw WrongUsage(*word + " needs a value, \"text\" or \"json\"");
      json = is_json(*++word);
    } else if (word->starts_with("--output=")) {
      json = is_json(word->substr(9));
    } else if (word->starts_with("-o")) {
      json = is_json(word->substr(2));
    } else {
      others.push_back(*word);
    }
  }
  words = std::move(others);
  return json;
}

// How many words at the beginning name the verb; 0 if they name another.
std::ptrdiff_t names(const Words& words, const std::string& verb) {
  if (words[0] == verb) return 1;
  return words.size() > 1 && words[0] + " " + words[1] == verb ? 2 : 0;
}

void print_overview(const std::string& name, const std::string& summary, const std::vector<Verb>& verbs,
                    std::ostream& out) {
  out << fmt::format("{}\n\nUsage: {} VERB [options]\n\nVerbs:\n", summary, name);
  for (const Verb& verb : verbs) {
    if (!verb.summary.empty()) out << fmt::format("  {:<14} {}\n", verb.name, verb.summary);
  }
  out << fmt::format("\n{} VERB --help tells about one. ", name)
      << "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong configuration.\n";
}

}  // namespace

Verb make_verb(const std::string& name, const std::string& summary, Options options, const std::string& positional,
               std::function<int(const Values&)> run) {
  options.add_options()("help,h", "print this");
  po::positional_options_description positionals;
  std::string usage = "[options]";
  if (!positional.empty()) {
    const bool many = options.find(positional, false).semantic()->max_tokens() > 1;
    positionals.add(positional.c_str(), many ? -1 : 1);
    usage += fmt::format(" [{}]{}", positional, many ? "..." : "");
  }
  const auto parse_and_run = [=, run = std::move(run)](const std::string& called, const Words& words) -> int {
    try {
      Values values;
      po::store(po::command_line_parser(words).options(options).positional(positionals).run(), values);
      wants_json(values);  // refuses what is no format, whether or not the verb asks
      if (values.count("help") == 0) return run(values);
    } catch (const WrongUsage& error) {
      return refuse(called, error.what());
    }
    std::cout << fmt::format("{}\n\nUsage: {} {}\n\nOptions:\n", summary, called, usage) << options;
    return kDone;
  };
  return {name, summary, parse_and_run};
}

Verb make_verb(const std::string& name, const std::string& summary, std::function<int(const Words&, bool json)> run) {
  return {name, summary, [run = std::move(run)](const std::string& called, Words words) -> int {
            try {
              const bool json = take_output(words);
              return run(words, json);
            } catch (const WrongUsage& error) {
              return refuse(called, error.what());
            }
          }};
}

Options& add_output(Options& options, const char* formats) {
  options.add_options()("output,o", po::value<std::string>()->value_name("FORMAT"), formats);
  return options;
}

bool wants_json(const Values& values) {
  return values.count("output") != 0 && is_json(values["output"].as<std::string>());
}

int run_program(const std::string& name, const std::string& summary,
                const std::vector<std::function<std::vector<Verb>()>>& lists, const Words& words) {
  if (!words.empty() && words[0] == "--version") return run_program(name, summary, lists, {"version"});
  const bool overview = words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help";
  std::vector<Verb> verbs;
  for (const auto& make_list : lists) {
    for (Verb& verb : make_list()) {
      const std::ptrdiff_t used = overview ? 0 : names(words, verb.name);
      if (used != 0) return verb.run(name + " " + verb.name, {words.begin() + used, words.end()});
      verbs.push_back(std::move(verb));
    }
  }
  if (overview) {
    print_overview(name, summary, verbs, words.empty() ? std::cerr : std::cout);
    return words.empty() ? kWrongUsage : kDone;
  }
  Words known;
  for (const Verb& verb : verbs) {
    if (!verb.summary.empty()) known.push_back(verb.name);
  }
  const std::string near = schema::near_match(words[0], known);
  const std::string hint = near.empty() ? "; a plugin that is not installed may bring it" : schema::did_you_mean(near);
  return refuse(name, fmt::format("there is no verb \"{}\"{}", words[0], hint), "them");
}

}  // namespace trellis::console
