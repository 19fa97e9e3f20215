// trellis-plugin-check: says whether plugin files keep to the contract.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <trellis/console/verbs.hpp>
#include <vector>

#include "checks.hpp"

namespace trellis::check {
namespace {

namespace po = boost::program_options;
using Files = std::vector<std::string>;

std::optional<std::string> settings(const console::Values& values) {
  if (values.count("settings") == 0) return std::nullopt;
  const std::string& given = values["settings"].as<std::string>();
  if (!given.starts_with('@')) return given;
  std::ifstream file(given.substr(1));
  if (!file) throw console::WrongUsage("cannot read " + given.substr(1));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

const char* under_check = "";

// The report is lost with the process, so at least who did it is said.
void crashed(int) {
  std::fputs(under_check, stderr);
  std::fputs(": FAIL  the plugin crashed while it was checked; a debugger tells where\n", stderr);
  std::_Exit(console::kFailed);
}

int check(const console::Values& values) {
  if (values.count("plugin") == 0) throw console::WrongUsage("name a plugin file");
  const CheckOptions options{settings(values)};
  bool conform = true;
  for (const std::string& file : values["plugin"].as<Files>()) {
    under_check = file.c_str();
    const Report report = check_file(file, options);
    std::fputs((console::wants_json(values) ? report.for_programs() : report.for_people()).c_str(), stdout);
    conform = conform && report.conforms();
  }
  return conform ? console::kDone : console::kFailed;
}

console::Verb program() {
  console::Options options;
  options.add_options()("plugin", po::value<Files>()->multitoken()->value_name("FILE"), "a file to check")(
      "settings", po::value<std::string>()->value_name("JSON"),
      "configure with these settings; @FILE reads them from a file (default: none, or the first example of the "
      "plugin's schema where it requires some)");
  console::add_output(options, "text, for people, or json: one JSON object per file");
  return console::make_verb(
      "trellis-plugin-check",
      "Checks that plugin files keep to the contract of Trellis plugins: what they export, what they say about\n"
      "themselves, and that they live through create, configure, start, stop and destroy.\n\n"
      "Exit codes: 0 all conform, 1 one does not, 2 wrong usage.\n"
      "The plugin's code runs in this process: check files you would load.",
      options, "plugin", &check);
}

}  // namespace
}  // namespace trellis::check

int main(int count, char** words) {
  for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) std::signal(crash, &trellis::check::crashed);
  const trellis::console::Verb program = trellis::check::program();
  return program.run(program.name, {words + 1, words + count});
}
