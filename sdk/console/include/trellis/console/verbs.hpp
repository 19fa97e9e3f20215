// The command line of a program: its verbs, their options, their manuals.
#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <string>
#include <vector>

namespace trellis::console {

/// Exit codes of every verb.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,       // it was tried and did not work
  kWrongUsage = 2,   // the command line is wrong
  kWrongConfig = 3,  // the configuration is wrong
};

using Words = std::vector<std::string>;
using Options = boost::program_options::options_description;
using Values = boost::program_options::variables_map;
/// Thrown with a sentence by what runs a verb: what was asked for makes no sense. Ends with kWrongUsage.
using WrongUsage = boost::program_options::error;

/// One verb of a program; a program that has none is one itself.
struct Verb {
  std::string name;     // "plugin list" is one verb of two words
  std::string summary;  // empty: not for people, and not listed
  /// Runs with the words behind it; answers the exit code. called: all of its name, "trellis plugin list".
  std::function<int(const std::string& called, const Words& words)> run;
};

/// A verb whose words are parsed for it; its manual, behind --help, begins with the summary. positional: the option
/// that takes words without a dash, or empty; several words if the option is multitoken().
Verb make_verb(const std::string& name, const std::string& summary, Options options, const std::string& positional,
               std::function<int(const Values&)> run);
/// A verb that parses its words itself, except for -o, which means the same to every verb.
Verb make_verb(const std::string& name, const std::string& summary, std::function<int(const Words&, bool json)> run);

/// -o for a verb whose words are parsed; answers the options it was given.
Options& add_output(Options& options, const char* formats = "text, for people, or json, for machines");
bool wants_json(const Values& values);

/// Runs a program of verbs; answers its exit code. The lists are made one after the other until one has the verb, so
/// those that cost something come last.
int run_program(const std::string& name, const std::string& summary,
                const std::vector<std::function<std::vector<Verb>()>>& lists, const Words& words);

}  // namespace trellis::console
