#include "ctl/publish.hpp"

#include "ctl/event_api.hpp"
#include "ctl/new_event.hpp"
#include "ctl/printable.hpp"

namespace management::ctl {
namespace {

// What every broker takes in one request: it may be set to take more.
constexpr std::size_t kEventsPerRequest = 1000;
constexpr std::size_t kBytesPerRequest = 1000 * 1000;

int fail(const Terminal& terminal, const std::string& why, int code = kFailed) {
  terminal.err("trellis ctl publish: " + why + '\n');
  return code;
}

std::string wrong_words(const CtlRequest& request) {
  if (!request.has("--event"))
    return request.has("--batch") ? "--batch needs --event @FILE, or --event - for the standard input" : "";
  for (const char* option : {"--type", "--source", "--subject", "--id", "--data"}) {
    if (request.has(option)) return std::string(option) + " cannot be given beside --event, which has it in it";
  }
  return "";
}

/// From `begin` on as many as one request takes, as a list.
std::string take_batch(const std::vector<std::string>& events, std::size_t begin, std::size_t& end) {
  std::string body = "[";
  for (end = begin; end < events.size() && end - begin < kEventsPerRequest; ++end) {
    if (end > begin && body.size() + events[end].size() > kBytesPerRequest) break;
    if (end > begin) body += ',';
    body += events[end];
  }
  return body + ']';
}

std::string id_of(const std::string& event) {
  const auto value = trellis::json::parse(event);
  return value ? text_at(&*value, "id") : "";
}

int publish_batch(const CtlRequest& request, EventApi& api, const Terminal& terminal,
                  const std::vector<std::string>& events) {
  for (std::size_t begin = 0; begin < events.size();) {
    std::size_t end = begin;
    const auto answer = api.get({.path = topic_path(request.names[0]) + ":publish",
                                 .body = take_batch(events, begin, end),
                                 .media_type = "application/cloudevents-batch+json"});
    if (!answer)
      return fail(terminal, answer.error().text +
                                (begin == 0 ? ""
                                            : "\n  " + std::to_string(begin) + " of " + std::to_string(events.size()) +
                                                  " events before these are published"));
    begin = end;
  }
  const std::string number = std::to_string(events.size());
  terminal.out(terminal.json ? R"({"published":)" + number + "}\n"
                             : "published " + number + " to " + request.names[0] + '\n');
  return kDone;
}

int publish_one(const CtlRequest& request, EventApi& api, const Terminal& terminal, std::string event) {
  const std::string id = id_of(event);
  const auto answer = api.get({.path = topic_path(request.names[0]) + ":publish",
                               .body = std::move(event),
                               .media_type = "application/cloudevents+json"});
  if (!answer) return fail(terminal, answer.error().text);
  terminal.out(terminal.json ? R"({"published":1,"id":)" + trellis::json::quote(id) + "}\n"
                             : "published " + printable_in_line(id) + " to " + request.names[0] + '\n');
  return kDone;
}

}  // namespace

int run_publish(const CtlRequest& request, const Terminal& terminal) {
  if (const std::string wrong = wrong_words(request); !wrong.empty()) return fail(terminal, wrong, kUsage);
  const auto api = EventApi::open(request, terminal);
  if (!api) return fail(terminal, api.error().text, kUsage);
  if (!request.has("--event")) {
    auto event = make_event(request);
    if (!event) return fail(terminal, event.error().text);
    return publish_one(request, **api, terminal, std::move(event).value());
  }
  auto events = read_events(request);
  if (!events) return fail(terminal, events.error().text);
  if (request.has("--batch")) return publish_batch(request, **api, terminal, *events);
  return publish_one(request, **api, terminal, std::move(events->front()));
}

}  // namespace management::ctl
