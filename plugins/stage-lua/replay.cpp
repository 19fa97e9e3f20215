// `trellis lua replay`: what a script makes of a record, and where another one makes something else of it.
#include <optional>
#include <trellis/json.hpp>

#include "common/lua_script/script_file.hpp"
#include "common/watched_file/watched_file.hpp"
#include "records.hpp"

namespace lua {
namespace {

/// A script with a state, a store and a clock of its own.
class Replayed {
 public:
  /// Empty, or what is wrong.
  std::string open(const std::string& path) {
    Source source{script_name(path), {}};
    common::FileStamp stamp;
    std::string error;
    if (!common::read_whole_file(path, source.text, stamp, error)) return error;
    auto loaded = Runner::load(source, Limits{}, services_, 1);
    if (!loaded) return loaded.error().text;
    runner_ = std::move(*loaded);
    return "";
  }
  trellis::Result<std::string> ask(const CaseCall& call) {
    // Clocks of several machines may have been mixed: time never goes back.
    if (call.at()) services_.advance_to(std::max(services_.now(), *call.at() + std::chrono::seconds(1)));
    const auto actual = call.run(*runner_, services_);
    if (!actual) return actual.error();
    return actual->describe();
  }

 private:
  LocalServices services_;
  std::unique_ptr<Runner> runner_;
};

struct Line {
  std::size_t number;
  std::string about;
  std::optional<std::string> before;  // with another script
  std::string now;
};

void print(const Line& line, const trellis::Console& console) {
  const std::string head = std::to_string(line.number) + ": " + line.about + "\n";
  if (line.before) {
    console.out(head + "  - " + *line.before + "\n  + " + line.now + "\n");
  } else {
    console.out(head + "  " + line.now + "\n");
  }
}

std::string to_json(const Line& line) {
  using trellis::json::quote;
  return "{\"call\": " + std::to_string(line.number) + ", \"about\": " + quote(line.about) +
         (line.before ? ", \"before\": " + quote(*line.before) : "") + ", \"now\": " + quote(line.now) + "}";
}

}  // namespace

int replay(const RecordWords& words, const trellis::Console& console) {
  const auto fail = [&](const std::string& what) {
    console.err(what + "\n");
    return 1;
  };
  Replayed script;
  Replayed other;
  if (const std::string wrong = script.open(words.script); !wrong.empty()) return fail(wrong);
  if (!words.against.empty()) {
    if (const std::string wrong = other.open(words.against); !wrong.empty()) return fail(wrong);
  }
  std::string text;
  std::string error;
  common::FileStamp stamp;
  if (!common::read_whole_file(words.record, text, stamp, error)) return fail(error);
  const auto calls = read_record(text);
  if (!calls) return fail(words.record + ": " + calls.error().text);
  std::size_t different = 0;
  std::string all;
  for (std::size_t i = 0; i < calls->size(); ++i) {
    const CaseCall& call = (*calls)[i];
    const auto now = script.ask(call);
    if (!now) return fail(words.record + ": call " + std::to_string(i + 1) + ": " + now.error().text);
    Line line{i + 1, call.about(), std::nullopt, *now};
    if (!words.against.empty()) {
      const auto before = other.ask(call);
      line.before = before ? *before : before.error().text;
      if (*line.before == line.now) continue;
      ++different;
    }
    if (console.json()) {
      all += (all.empty() ? "" : ", ") + to_json(line);
    } else {
      print(line, console);
    }
  }
  if (console.json()) {
    console.out("[" + all + "]\n");
  } else if (!words.against.empty()) {
    console.out(std::to_string(different) + " of " + std::to_string(calls->size()) + " calls differ\n");
  }
  return different == 0 ? 0 : 1;
}

}  // namespace lua
