// `trellis lua profile`: where a script spends its time and memory.
#include <algorithm>
#include <iomanip>
#include <sstream>

#include "common/lua_script/cases.hpp"
#include "common/lua_script/profile.hpp"
#include "common/lua_script/script_file.hpp"
#include "common/watched_file/watched_file.hpp"
#include "records.hpp"

namespace lua {
namespace {

constexpr std::size_t kMostRows = 20;

struct Row {
  std::string where;
  Profile::Cost cost;
};

/// The most expensive ones first.
std::vector<Row> rows_of(const Profile& profile, const std::string& script, bool lines) {
  std::vector<Row> rows;
  for (const auto& [line, cost] : profile.lines()) {
    if (lines) rows.push_back({script + ":" + std::to_string(line), cost});
  }
  for (const auto& [key, cost] : profile.functions()) {
    if (!lines)
      rows.push_back(
          {(key.second.empty() ? "function" : key.second) + " (" + script + ":" + std::to_string(key.first) + ")",
           cost});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.cost.time > b.cost.time; });
  rows.resize(std::min(rows.size(), kMostRows));
  return rows;
}

double microseconds(const Profile::Cost& cost) { return static_cast<double>(cost.time.count()) / 1000; }

/// In the source's own words, so that nobody has to look for the line.
std::string line_text(const std::string& text, const std::string& where) {
  const auto colon = where.rfind(':');
  int wanted = colon == std::string::npos ? 0 : std::atoi(where.c_str() + colon + 1);
  std::istringstream in(text);
  std::string line;
  while (wanted-- > 0 && std::getline(in, line)) {
  }
  line.erase(0, line.find_first_not_of(" \t"));
  return line.substr(0, 60);
}

std::string table(const std::vector<Row>& rows, const Profile& profile, const std::string& text, bool lines) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << "    time  allocations  " << (lines ? "line" : "function") << "\n";
  const double whole = std::max(1.0, microseconds(profile.whole()));
  for (const Row& row : rows) {
    out << std::setw(7) << microseconds(row.cost) * 100 / whole << "%" << std::setw(13) << row.cost.allocations << "  "
        << row.where;
    if (lines) out << "  " << line_text(text, row.where);
    out << "\n";
  }
  return out.str();
}

std::string rows_json(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) {
    out += (out.empty() ? "" : ", ") + ("{\"where\": " + trellis::json::quote(row.where)) +
           ", \"microseconds\": " + std::to_string(row.cost.time.count() / 1000) +
           ", \"allocations\": " + std::to_string(row.cost.allocations) + "}";
  }
  return "[" + out + "]";
}

void print(const Profile& profile, const Source& source, const trellis::Console& console) {
  const auto lines = rows_of(profile, source.name, true);
  const auto functions = rows_of(profile, source.name, false);
  if (console.json()) {
    return console.out("{\"calls\": " + std::to_string(profile.calls()) +
                       ", \"microseconds\": " + std::to_string(profile.whole().time.count() / 1000) +
                       ", \"allocations\": " + std::to_string(profile.whole().allocations) +
                       ", \"lines\": " + rows_json(lines) + ", \"functions\": " + rows_json(functions) + "}\n");
  }
  const double calls = static_cast<double>(std::max<std::uint64_t>(1, profile.calls()));
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << profile.calls() << " calls, " << microseconds(profile.whole()) / calls
      << " microseconds and " << static_cast<double>(profile.whole().allocations) / calls
      << " allocations each, while they are watched\n";
  console.out(out.str() + table(lines, profile, source.text, true) + table(functions, profile, source.text, false));
}

}  // namespace

int profile(const RecordWords& words, const trellis::Console& console) {
  const auto fail = [&](const std::string& what) {
    console.err(what + "\n");
    return 1;
  };
  Source source{script_name(words.script), {}};
  const std::string from = words.record.empty() ? cases_path(words.script) : words.record;
  std::string text;
  std::string error;
  common::FileStamp stamp;
  if (!common::read_whole_file(words.script, source.text, stamp, error)) return fail(error);
  if (!common::read_whole_file(from, text, stamp, error)) return fail(error);
  const auto calls = words.record.empty() ? read_cases(text) : read_record(text);
  if (!calls) return fail(from + ": " + calls.error().text);
  LocalServices services;
  auto runner = Runner::load(source, Limits{}, services, 1);
  if (!runner) return fail(runner.error().text);
  Profile profile((*runner)->heap());
  (*runner)->profile(&profile);
  for (int i = 0; i < words.times; ++i) {
    for (const CaseCall& call : *calls) {
      if (const auto actual = call.run(**runner, services); !actual) return fail(from + ": " + actual.error().text);
    }
  }
  (*runner)->profile(nullptr);
  print(profile, source, console);
  return 0;
}

}  // namespace lua
