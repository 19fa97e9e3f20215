#include "ctl/backup.hpp"

#include "ctl/printable.hpp"

namespace management::ctl {
namespace {

using trellis::json::Value;

constexpr std::chrono::milliseconds kBetweenLooks{100};

std::int64_t number_at(const Value& value, std::string_view key) {
  const Value* const found = value.find(key);
  return found == nullptr ? 0 : found->integer;
}

std::string progress_of(const Value& backup) {
  const std::string state = printable_in_line(text_at(&backup, "state"));
  const std::int64_t total = number_at(backup, "totalBytes");
  const std::int64_t done = number_at(backup, "doneBytes");
  if (total <= 0) return state;
  return state + ' ' + std::to_string(done) + " of " + std::to_string(total) + " bytes (" +
         std::to_string(static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(total))) + " %)";
}

}  // namespace

int run_backup(const CtlRequest& request, Server& server, const Terminal& terminal) {
  const auto fail = [&](const std::string& why) {
    if (terminal.interactive) terminal.progress("\r\x1b[K");
    terminal.err("trellis ctl backup: " + why + "\n");
    return kFailed;
  };
  const std::string& name = request.names[0];
  const auto begun = server.ask("POST", "/backup", "{\"name\":" + trellis::json::quote(name) + '}', "application/json");
  if (!begun) return fail(begun.error().text);
  if (begun->status >= 300) return fail(sentence_of(*begun));
  auto now = read_json_text(begun->body);
  if (!now) return fail("what answers is no management API: " + now.error().text);
  const std::int64_t number = number_at(now->value, "number");
  while (true) {
    const std::string state(now->text_of("state"));
    // Another one may have been begun by then; whether this one came to an end is in the broker's log.
    if (number_at(now->value, "number") != number || text_at(&now->value, "name") != name)
      return fail(
          "the broker says nothing of it any more: it was started anew, or another backup was begun; its log "
          "tells what became of \"" +
          name + '"');
    if (state == "failed") return fail(printable_in_line(text_at(&now->value, "reason")));
    if (state == "done") break;
    if (state != "copying" && state != "verifying") return fail("the answer is none of a management API");
    if (terminal.interactive) terminal.progress("\r\x1b[K" + progress_of(now->value));
    terminal.wait(kBetweenLooks);
    now = server.get("/backup");
    if (!now) return fail("it was begun, and then: " + now.error().text);
  }
  if (terminal.interactive) terminal.progress("\r\x1b[K");
  terminal.out(terminal.json
                   ? std::string(now->value.source) + '\n'
                   : "backup " + name + ": " + std::to_string(number_at(now->value, "totalBytes")) + " bytes\n");
  return kDone;
}

}  // namespace management::ctl
