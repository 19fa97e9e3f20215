// The command line: verbs, their options, their manuals.
#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace trellis::kernel {

/// Exit codes of every verb.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,       // it was tried and did not work
  kWrongUsage = 2,   // the command line is wrong
  kWrongConfig = 3,  // the configuration is wrong
};

/// One verb of the program.
struct Verb {
  std::string name;  // "plugin list" is one verb of two words
  std::string summary;
  std::function<int(const std::vector<std::string>& words)> run;  // the words behind the verb; answers the exit code
};

using Options = boost::program_options::options_description;
using Values = boost::program_options::variables_map;

/// A verb whose words are parsed for it. positional: the option that takes a word without a dash, or empty.
Verb make_verb(const std::string& name, const std::string& summary, Options options, const std::string& positional,
               std::function<int(const Values&)> run);

/// What several verbs take; each answers the options it was given, with one more.
Options& add_config(Options& options);
Options& add_plugin_path(Options& options);
Options& add_output(Options& options);

/// What they were given for it.
std::string config_file(const Values& values);
std::vector<std::filesystem::path> plugin_path(const Values& values);
bool wants_json(const Values& values);
/// What is wrong with the word behind -o; empty when nothing is.
std::string format_fault(const std::string& format);

/// run and dev; those that start nothing; those of all plugins in the installation's path, which are loaded to know.
std::vector<Verb> run_verbs();
std::vector<Verb> tool_verbs();
std::vector<Verb> plugin_verbs();

/// Runs the program; answers its exit code.
int run_program(const std::vector<std::string>& words);

}  // namespace trellis::kernel
