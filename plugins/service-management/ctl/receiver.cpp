#include "ctl/receiver.hpp"

#include <algorithm>
#include <chrono>

#include "ctl/show.hpp"
#include "ctl/shown_event.hpp"

namespace management::ctl {
namespace {

using trellis::json::Value;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestPause{30};
// Who reads slower than that has what was read settled meanwhile: locks end.
constexpr std::chrono::milliseconds kSlow{200};
constexpr std::string_view kCannotWrite =
    "the output cannot be written; what was not written is in the event subscription still";

// Of a broker that is there and cannot now.
bool may_come_back(const HttpAnswer& answer) {
  return answer.status == 429 || (answer.status >= 502 && answer.status <= 504);
}

std::string number_of(std::size_t events) { return std::to_string(events) + (events == 1 ? " event" : " events"); }

// The options are what was given, not the parameters that they become.
std::string in_words(std::string sentence) {
  struct Word {
    std::string_view parameter;
    std::string_view option;
    std::string_view hint;
  };
  static constexpr Word kWords[] = {
      {"query parameter 'maxEvents'", "--max", ""},
      {"query parameter 'maxWaitTime'", "--wait",
       "; what is there comes at once, and only where there is nothing it waits. The setting wide_ranges of "
       "service-events allows 0"},
      {"query parameter 'releaseDelayInSeconds'", "--release", ""}};
  for (const auto& [parameter, option, hint] : kWords) {
    if (const std::size_t at = sentence.find(parameter); at != std::string::npos)
      return std::string(option) + sentence.substr(at + parameter.size()) + std::string(hint);
  }
  return sentence;
}

}  // namespace

int Receiver::run() {
  if (const std::string wrong = check_delay(); !wrong.empty()) {
    say(wrong);
    return kUsage;
  }
  return reception_.follow ? follow() : once();
}

// Nothing is to be received that could not be released then. Only the broker knows what it takes beside the usual
// delays; no event is named, so none is released.
std::string Receiver::check_delay() {
  if (!reception_.unusual_delay) return {};
  const auto answer = api_.ask({.path = reception_.path + ":release",
                                .query = reception_.query,
                                .body = R"({"lockTokens":[]})",
                                .media_type = "application/json"});
  if (!answer || answer->status != 400) return {};
  const std::string sentence = in_words(sentence_of(*answer, kEventApi));
  return sentence.starts_with("--release") ? sentence : "";
}

std::string Receiver::why_not(const HttpAnswer& answer) const {
  return in_words(sentence_of(answer, kEventApi)) + (answer.status == 404 ? reception_.where_missing : "");
}

int Receiver::fail(const std::string& why) const {
  say(why);
  return kFailed;
}

void Receiver::say(const std::string& what) const {
  terminal_.err("trellis ctl " + reception_.called + ": " + what + '\n');
}

trellis::Result<HttpAnswer> Receiver::receive() {
  return api_.ask(
      {.path = reception_.path + ":receive",
       .query = "&maxEvents=" + std::to_string(reception_.most) + "&maxWaitTime=" + std::to_string(reception_.wait_s),
       .more = std::chrono::seconds(reception_.wait_s),
       .interrupt = interrupts_.descriptor()});
}

int Receiver::once() {
  const auto answer = receive();
  if (!answer) return interrupts_.asked() ? kDone : fail(answer.error().text);
  const auto taken = take(*answer);
  if (!taken) return fail(taken.error().text);
  if (terminal_.json) return kDone;
  if (*taken == 0) say("no events within " + std::to_string(reception_.wait_s) + " s");
  if (*taken > 0 && reception_.settle.empty() && terminal_.interactive)
    say(number_of(*taken) + " will come again when the locks end; --ack would take them out of the subscription");
  return kDone;
}

int Receiver::follow() {
  bool was_there = false;
  std::chrono::seconds pause{1};
  while (!interrupts_.asked()) {
    if (reception_.between) reception_.between();
    const auto begin = Clock::now();
    const auto answer = receive();
    if (!answer && interrupts_.asked()) break;
    if (was_there && (!answer || may_come_back(*answer))) {
      say((answer ? sentence_of(*answer, kEventApi) : answer.error().text) + "; trying again in " +
          std::to_string(pause.count()) + " s");
      interrupts_.wait(pause);
      pause = std::min(pause * 2, kLongestPause);
      continue;
    }
    if (!answer) return fail(answer.error().text);
    if (answer->status >= 300) return fail(was_there ? sentence_of(*answer, kEventApi) : why_not(*answer));
    was_there = true;
    pause = std::chrono::seconds{1};
    const auto taken = take(*answer);
    if (!taken && broken()) return fail(taken.error().text);
    if (!taken) say(taken.error().text);  // they come again
    // Nothing at once: whoever answers is about to end, and would do so again and again.
    if ((!taken || *taken == 0) && Clock::now() - begin < pause) interrupts_.wait(pause);
  }
  return kDone;
}

trellis::Result<std::size_t> Receiver::take(const HttpAnswer& answer) {
  if (answer.status >= 300) return trellis::fail(why_not(answer));
  const auto json = read_json_text(answer.body);
  const Value* const events = json ? json->value.find("value") : nullptr;
  if (events == nullptr) return trellis::fail("the answer is none of an event API");
  std::vector<std::string> printed;
  std::vector<std::string> left;
  trellis::Result<void> settled = trellis::ok();
  for (const Value& one : events->items) {
    const bool read = print(one, printed, settled);
    (read ? printed : left).push_back(text_at(one.find("brokerProperties"), "lockToken"));
  }
  const auto released = settle("release", "", left);
  if (auto last = settle_printed(printed); !last) settled = last;
  if (broken()) return trellis::fail(std::string(kCannotWrite));
  if (!settled) return settled.error();
  if (!released) return released.error();
  return events->items.size();
}

// True: somebody has read it, as far as that can be known. One after the other, since what lies in a pipe whose reader
// goes away was seen by nobody.
bool Receiver::print(const Value& one, std::vector<std::string>& printed, trellis::Result<void>& settled) {
  if (interrupts_.asked() || !written()) return false;
  terminal_.out((terminal_.json ? in_one_line(one) : shown_event(one)) + '\n');
  if (!written()) return false;
  if (output_.read_within(kSlow)) return true;
  if (auto now = settle_printed(printed); !now) settled = now;
  return output_.read();
}

trellis::Result<void> Receiver::settle_printed(std::vector<std::string>& tokens) {
  const std::vector<std::string> all = std::exchange(tokens, {});
  return reception_.settle.empty() ? trellis::ok() : settle(reception_.settle, reception_.query, all);
}

trellis::Result<void> Receiver::settle(const std::string& how, const std::string& query,
                                       const std::vector<std::string>& tokens) {
  if (tokens.empty()) return trellis::ok();
  std::string body = R"({"lockTokens":[)";
  for (const std::string& token : tokens) body += (body.back() == '[' ? "" : ",") + trellis::json::quote(token);
  const auto answer = api_.get(
      {.path = reception_.path + ':' + how, .query = query, .body = body + "]}", .media_type = "application/json"});
  const std::string what = "could not " + how + ' ';
  if (!answer) return trellis::fail(what + number_of(tokens.size()) + ": " + answer.error().text);
  const Value* const failed = answer->value.find("failedLockTokens");
  if (failed == nullptr || failed->items.empty()) return trellis::ok();
  return trellis::fail(what + number_of(failed->items.size()) + ": " +
                       text_at(failed->items.front().find("error"), "message"));
}

}  // namespace management::ctl
