#include "ctl/dead_letters.hpp"

#include "ctl/event_api.hpp"
#include "ctl/show.hpp"
#include "ctl/shown_event.hpp"
#include "query.hpp"

namespace management::ctl {
namespace {

using trellis::json::Type;
using trellis::json::Value;

constexpr std::string_view kRightWords =
    "usage: trellis ctl deadletter list TOPIC/SUBSCRIPTION [--max N] | show TOPIC/SUBSCRIPTION ID[/INDEX] | redrive "
    "TOPIC/SUBSCRIPTION [ID] [--max N] [--from-topic]";

/// Does what was asked for.
class DeadLetters {
 public:
  DeadLetters(const CtlRequest& request, std::string path, EventApi& api, const Terminal& terminal)
      : request_(request), path_(std::move(path)), api_(api), terminal_(terminal) {}

  int run() {
    if (request_.names[0] == "list") return list();
    if (request_.names[0] == "show") return show();
    return redrive();
  }

 private:
  void say(const std::string& what) const {
    terminal_.err("trellis ctl deadletter " + request_.names[0] + ": " + what + '\n');
  }
  int fail(const std::string& why) const {
    say(why);
    return kFailed;
  }
  std::string most() const {
    return request_.has("--max") ? "&maxEvents=" + percent_encode(request_.value("--max")) : "";
  }

  // All pages, or with --max one.
  int list() {
    std::string marker;
    bool any = false;
    do {
      const auto page = api_.get({.method = "GET", .path = path_ + "/deadletters", .query = most() + marker});
      if (!page) return fail(page.error().text);
      const Value* const letters = page->value.find("value");
      if (letters == nullptr) return fail("the answer is none of an event API");
      for (const Value& one : letters->items) terminal_.out(line_of(one) + '\n');
      any = any || !letters->items.empty();
      const std::string next(page->text_of("marker"));
      marker = next.empty() || request_.has("--max") ? "" : "&marker=" + percent_encode(next);
    } while (!marker.empty());
    if (!any && !terminal_.json)
      say("no dead letters of " + request_.names[1] +
          " are in files; where they go to a topic, its event subscriptions have them: trellis ctl receive");
    return kDone;
  }
  std::string line_of(const Value& letter) const {
    if (terminal_.json) return in_one_line(letter);
    const Value* const index = letter.find("index");
    std::string place = text_at(&letter, "id");
    if (index != nullptr) place += '/' + std::to_string(index->integer);
    if (letter.find("error") != nullptr) return place + " cannot be read: " + text_at(&letter, "error");
    const std::string why = text_at(letter.find("deadLetterProperties"), "deadletterreason");
    return place + ' ' + shown_event(letter) + " reason=" + trellis::json::quote(why);
  }

  int show() {
    const std::string& name = request_.names[2];
    const std::size_t slash = name.find('/');
    const std::string index = slash == std::string::npos ? "0" : name.substr(slash + 1);
    const auto letter = api_.get(
        {.method = "GET",
         .path = path_ + "/deadletters/" + percent_encode(name.substr(0, slash)) + '/' + percent_encode(index)});
    if (!letter) return fail(letter.error().text);
    terminal_.out((terminal_.json ? in_one_line(letter->value) : pretty(letter->value)) + '\n');
    return kDone;
  }

  // Until nothing more can go back, or with --max or an id once.
  int redrive() {
    const bool of_topic = request_.has("--from-topic");
    std::string path = path_ + (of_topic ? "" : "/deadletters");
    if (request_.names.size() > 2) path += '/' + percent_encode(request_.names[2]);
    bool again = false;
    do {
      const auto answer = api_.get({.path = path + ":redrive", .query = most()});
      if (!answer) return fail(answer.error().text + (redriven_ == 0 ? "" : "; before that " + summary()));
      const auto number = [&](std::string_view key) {
        const Value* const found = answer->value.find(key);
        return found == nullptr ? 0 : found->integer;
      };
      redriven_ += number("redriven");
      failed_ += number("failed");
      skipped_ = number("skipped");  // they stay, so that the next one counts them again
      const Value* const more = answer->value.find("more");
      again = more != nullptr && more->boolean && number("redriven") > 0 && request_.names.size() == 2 &&
              !request_.has("--max");
    } while (again);
    terminal_.out(terminal_.json ? R"({"redriven":)" + std::to_string(redriven_) + R"(,"failed":)" +
                                       std::to_string(failed_) + R"(,"skipped":)" + std::to_string(skipped_) + "}\n"
                                 : summary() + '\n');
    if (of_topic && redriven_ == 0 && failed_ == 0 && !terminal_.json)
      say("letters that somebody received are there again once their locks end, or they are released");
    return failed_ == 0 ? kDone : kFailed;
  }
  std::string summary() const {
    std::string out = std::to_string(redriven_) + " redriven";
    if (failed_ > 0) out += ", " + std::to_string(failed_) + " could not be kept";
    if (skipped_ > 0) out += ", " + std::to_string(skipped_) + " skipped";
    return out;
  }

  const CtlRequest& request_;
  const std::string path_;
  EventApi& api_;
  const Terminal& terminal_;
  std::int64_t redriven_ = 0;
  std::int64_t failed_ = 0;
  std::int64_t skipped_ = 0;
};

bool right_words(const CtlRequest& request) {
  const std::string& what = request.names[0];
  const std::size_t words = request.names.size();
  if (request.has("--from-topic") && (what != "redrive" || words != 2)) return false;
  if (request.has("--max") && (what == "show" || words == 3)) return false;
  return (what == "list" && words == 2) || (what == "show" && words == 3) || what == "redrive";
}

}  // namespace

int run_dead_letters(const CtlRequest& request, const Terminal& terminal) {
  const auto misused = [&](const std::string& wrong) {
    terminal.err("trellis ctl deadletter: " + wrong + '\n');
    return kUsage;
  };
  if (!right_words(request)) return misused(std::string(kRightWords));
  auto path = subscription_path(request.names[1]);
  if (!path) return misused(path.error().text);
  const auto api = EventApi::open(request, terminal);
  if (!api) return misused(api.error().text);
  return DeadLetters(request, std::move(path).value(), **api, terminal).run();
}

}  // namespace management::ctl
