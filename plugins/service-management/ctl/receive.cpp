#include "ctl/receive.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "ctl/event_words.hpp"
#include "ctl/new_event.hpp"
#include "ctl/receiver.hpp"
#include "envelope.hpp"

namespace management::ctl {
namespace {

using Clock = std::chrono::system_clock;

constexpr std::uint32_t kFollowWait = 60;
constexpr std::uint32_t kTailEvents = 100;
constexpr std::chrono::hours kTailLives{1};

int fail(const Terminal& terminal, const CtlRequest& request, const std::string& why, int code = kFailed) {
  terminal.err("trellis ctl " + request.action + ": " + why + '\n');
  return code;
}

/// What no broker takes; whether it takes what wide_ranges allows only the broker knows.
struct Range {
  std::string_view option;
  std::uint32_t least;
  std::uint32_t most;
  std::string_view expected;
};
constexpr Range kMax{"--max", 1, 10'000,
                     "a number of events, 1 to 100, or to 10000 with the setting wide_ranges of service-events"};
constexpr Range kWait{"--wait", 0, 3'600,
                      "seconds, 10 to 120, or 0 to 3600 with the setting wide_ranges of service-events"};
constexpr Range kDelay{"--release", 0, 604'800,
                       "0, 10, 60, 600 or 3600 seconds, or others with the setting wide_ranges of service-events"};

constexpr std::uint32_t kUsualDelays[] = {0, 10, 60, 600, 3600};

std::string read_number(const CtlRequest& request, const Range& range, std::uint32_t& number) {
  const std::string text = request.value(range.option);
  if (text.empty()) return {};
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec == std::errc{} && parsed.ptr == end && number >= range.least && number <= range.most) return {};
  return "after " + std::string(range.option) + ": expected " + std::string(range.expected) + ", found " +
         trellis::json::quote(text);
}

/// What the words ask for. Answers what is wrong with them, or an empty text.
std::string read_reception(const CtlRequest& request, Reception& reception) {
  static constexpr std::pair<std::string_view, std::string_view> kSettlings[] = {
      {"--ack", "acknowledge"}, {"--release", "release"}, {"--reject", "reject"}};
  for (const auto& [option, how] : kSettlings) {
    if (!request.has(option)) continue;
    if (!reception.settle.empty()) return "one of --ack, --release and --reject is done, not several";
    reception.settle = how;
  }
  if (const std::string delay = request.value("--release"); !delay.empty()) {
    std::uint32_t seconds = 0;
    if (std::string wrong = read_number(request, kDelay, seconds); !wrong.empty()) return wrong;
    reception.query = "&releaseDelayInSeconds=" + std::to_string(seconds);
    reception.unusual_delay = std::ranges::find(kUsualDelays, seconds) == std::end(kUsualDelays);
  }
  reception.follow = request.has("--follow");
  if (reception.follow) reception.wait_s = kFollowWait;
  std::string wrong = read_number(request, kMax, reception.most);
  if (wrong.empty()) wrong = read_number(request, kWait, reception.wait_s);
  return wrong;
}

std::string in_an_hour() {
  return to_time((Clock::now() + kTailLives).time_since_epoch() / std::chrono::milliseconds(1));
}

/// The event subscription of a tail. It goes by itself should nobody be left to remove it.
class Tail {
 public:
  Tail(const CtlRequest& request, Server& server, const Terminal& terminal)
      : request_(request),
        server_(server),
        terminal_(terminal),
        name_(request.names[0] + "/tail-" + random_uuid().substr(0, 8)) {}

  const std::string& name() const noexcept { return name_; }

  trellis::Result<void> make() {
    const auto properties =
        subscription_properties(request_, {"expirationTimeUtc=" + in_an_hour(), "description=trellis ctl tail"});
    if (!properties) return properties.error();
    return send("PUT", "application/json", *properties);
  }
  void keep() {
    if (Clock::now() < until_ - kTailLives / 2) return;
    const auto kept = send("PATCH", "application/merge-patch+json", R"({"expirationTimeUtc":")" + in_an_hour() + "\"}");
    if (!kept) fail(terminal_, request_, name_ + " will be removed within the hour: " + kept.error().text);
  }
  void remove() {
    const auto answer = server_.ask("DELETE", item());
    if (answer && (answer->status < 300 || answer->status == 404)) return;
    fail(terminal_, request_,
         "the event subscription " + name_ +
             " is left, and goes by itself within the hour: " + (answer ? sentence_of(*answer) : answer.error().text));
  }

 private:
  std::string item() const { return server_.item("eventSubscriptions", name_); }
  trellis::Result<void> send(const std::string& method, std::string_view media_type, const std::string& properties) {
    until_ = Clock::now() + kTailLives;
    const auto answer = server_.ask(method, item(), "{\"properties\":" + properties + '}', media_type);
    if (!answer) return answer.error();
    const std::string& topic = request_.names[0];
    if (answer->status == 404 && answer->body.find("ParentResourceNotFound") != std::string::npos)
      return trellis::fail("there is no topic " + trellis::json::quote(topic) + " in the namespace " +
                           request_.name_space + "; trellis ctl topic create " + topic + " makes it");
    if (answer->status >= 300) return trellis::fail(sentence_of(*answer));
    return trellis::ok();
  }

  const CtlRequest& request_;
  Server& server_;
  const Terminal& terminal_;
  const std::string name_;
  Clock::time_point until_;
};

}  // namespace

int run_receive(const CtlRequest& request, const Terminal& terminal) {
  const auto path = subscription_path(request.names[0]);
  if (!path) return fail(terminal, request, path.error().text, kUsage);
  Reception reception{.called = request.action, .path = *path};
  if (const std::string wrong = read_reception(request, reception); !wrong.empty())
    return fail(terminal, request, wrong, kUsage);
  const auto api = EventApi::open(request, terminal);
  if (!api) return fail(terminal, request, api.error().text, kUsage);
  const Interrupts interrupts(terminal.output);
  return Receiver(std::move(reception), **api, interrupts, terminal).run();
}

int run_tail(const CtlRequest& request, Server& server, const Terminal& terminal) {
  const auto api = EventApi::open(request, terminal);
  if (!api) return fail(terminal, request, api.error().text, kUsage);
  const Interrupts interrupts(terminal.output);
  Tail tail(request, server, terminal);
  if (const auto made = tail.make(); !made) return fail(terminal, request, made.error().text);
  const int code = Receiver({.called = request.action,
                             .path = *subscription_path(tail.name()),
                             .settle = "acknowledge",
                             .most = kTailEvents,
                             .wait_s = kFollowWait,
                             .follow = true,
                             .between = [&] { tail.keep(); },
                             // Its name is a new one, so it can be missing for one reason.
                             .where_missing = "; it was made in the namespace " + request.name_space +
                                              ", which is not the one that the listener at --events serves: its "
                                              "\"namespace\" decides, and --namespace has to name that"},
                            **api, interrupts, terminal)
                       .run();
  tail.remove();
  return code;
}

}  // namespace management::ctl
