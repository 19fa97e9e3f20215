// The command line: verbs, their options, their manuals.
#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <string>
#include <vector>

namespace trellis::kernel {

/// Exit codes of every verb.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,         // it was tried and did not work
  kWrongUsage = 2,     // the command line is wrong
  kWrongConfig = 3     // the configuration is wrong
};

/// One verb of the program.
struct Verb {
  std::string name;
  std::string arguments;  // for the usage line: "PLUGIN"
  std::string summary;
  boost::program_options::options_description options;
  std::vector<std::string> positionals;  // option names that take the words without a dash, in order
  std::function<int(const boost::program_options::variables_map&)> run;
};

/// All verbs built in.
std::vector<Verb> verbs();

/// Runs the program; answers its exit code.
int run_program(const std::vector<std::string>& words);

}  // namespace trellis::kernel
