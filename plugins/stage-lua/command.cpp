// `trellis lua`: checks scripts, runs their cases, and asks them about records.
#include <trellis/json.hpp>

#include "api.hpp"
#include "common/lua_script/cases.hpp"
#include "common/lua_script/local_services.hpp"
#include "common/watched_file/watched_file.hpp"
#include "records.hpp"
#include "stage_lua.hpp"

namespace lua {
namespace {

constexpr std::string_view kUsage =
    "Usage: trellis lua check SCRIPT...\n"
    "       trellis lua test SCRIPT...\n"
    "       trellis lua replay SCRIPT --record FILE [--against OLD]\n"
    "       trellis lua profile SCRIPT [--record FILE] [--times N]\n"
    "       trellis lua reference|stubs\n"
    "\n"
    "check    loads each script as the broker would, and says which functions it has that plugins ask\n"
    "test     runs the cases beside each script, rule.cases.json for rule.lua, and shows what differs\n"
    "replay   asks a script about what was recorded, and prints what it makes of it; with --against, where that "
    "differs\n"
    "         from what another script makes of it\n"
    "profile  asks a script about what was recorded, or its cases, again and again, and says which lines and "
    "functions\n"
    "         take the time and the memory\n"
    "reference  prints what scripts may use, as Markdown; stubs the same for editors with a Lua language server\n"
    "\n"
    "A record has one call in each line, as a case has it: {\"at\": 0.5, \"message\": {\"topic\": \"a\", \"payload\": "
    "\"x\"}}.\n"
    "`trellis ctl record` writes them. With the limits of the plugins' defaults. Exit codes: 0 all right, 1 something "
    "is\n"
    "not, or differs, 2 wrong usage\n";

/// What became of one script.
struct Report {
  std::string path;
  std::string error;  // empty where it was all right
  std::string hooks;
  std::size_t cases = 0;
  std::vector<CaseResult> failed;
};

bool read(const std::string& path, std::string& text, std::string& error) {
  common::FileStamp stamp;
  return common::read_whole_file(path, text, stamp, error);
}

Report check(const std::string& path) {
  Report report;
  report.path = path;
  Source source{script_name(path), {}};
  if (!read(path, source.text, report.error)) return report;
  LocalServices services;
  const auto runner = Runner::load(source, Limits{}, services, 1);
  if (!runner) {
    report.error = runner.error().text;
    return report;
  }
  for (const HookFacts& hook : kHooks) {
    if ((*runner)->functions().contains(hook.name))
      report.hooks += (report.hooks.empty() ? "" : ", ") + std::string(hook.name);
  }
  if (report.hooks.empty()) report.hooks = "functions for predicates";
  return report;
}

Report test(const std::string& path) {
  Report report;
  report.path = path;
  Source source{script_name(path), {}};
  std::string cases;
  if (!read(path, source.text, report.error) || !read(cases_path(path), cases, report.error)) return report;
  const auto results = run_cases(source, cases, Limits{});
  if (!results) {
    report.error = results.error().text;
    return report;
  }
  report.cases = results->size();
  if (results->empty()) report.error = cases_path(path) + " has no case";
  for (const CaseResult& result : *results) {
    if (!result.difference.empty()) report.failed.push_back(result);
  }
  return report;
}

void print(const Report& report, const trellis::Console& console) {
  if (!report.error.empty()) return console.err(report.path + ": " + report.error + "\n");
  for (const CaseResult& result : report.failed)
    console.err(report.path + ": case \"" + result.name + "\"\n  " + result.difference + "\n");
  if (!report.hooks.empty()) return console.out(report.path + ": " + report.hooks + "\n");
  if (!report.failed.empty()) {
    console.err(report.path + ": " + std::to_string(report.failed.size()) + " of " + std::to_string(report.cases) +
                " cases fail\n");
  } else {
    console.out(report.path + ": " + std::to_string(report.cases) + " cases pass\n");
  }
}

std::string to_json(const Report& report) {
  std::string failed;
  for (const CaseResult& result : report.failed) {
    failed += (failed.empty() ? "" : ", ") + ("{\"name\": " + trellis::json::quote(result.name)) +
              ", \"difference\": " + trellis::json::quote(result.difference) + "}";
  }
  return "{\"script\": " + trellis::json::quote(report.path) + ", \"error\": " + trellis::json::quote(report.error) +
         ", \"hooks\": " + trellis::json::quote(report.hooks) + ", \"cases\": " + std::to_string(report.cases) +
         ", \"failed\": [" + failed + "]}";
}

}  // namespace

int StageLua::run(const std::vector<std::string_view>& words, const trellis::Console& console) {
  for (const std::string_view word : words) {
    if (word == "--help" || word == "-h") {
      console.out(kUsage);
      return 0;
    }
  }
  const auto refuse = [&](const std::string& what) {
    console.err(what + "\n");
    console.err(kUsage);
    return 2;
  };
  if (words.empty()) return refuse("expected check, test, replay, profile, reference or stubs");
  const std::string_view action = words.front();
  if (words.size() == 1 && (action == "reference" || action == "stubs")) {
    console.out(action == "stubs" ? api_stubs() : api_reference());
    return 0;
  }
  if (action == "replay" || action == "profile") {
    const auto wanted = RecordWords::read(words);
    if (!wanted) return refuse(wanted.error().text);
    return action == "replay" ? replay(*wanted, console) : profile(*wanted, console);
  }
  if (action != "check" && action != "test")
    return refuse("'" + std::string(action) + "' is none of check, test, replay, profile, reference and stubs");
  if (words.size() < 2) return refuse("expected at least one script");
  bool right = true;
  std::string all;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string path(words[i]);
    const Report report = action == "check" ? check(path) : test(path);
    right = right && report.error.empty() && report.failed.empty();
    all += (all.empty() ? "" : ", ") + to_json(report);
    if (!console.json()) print(report, console);
  }
  if (console.json()) console.out("[" + all + "]\n");
  return right ? 0 : 1;
}

}  // namespace lua
