#include "ctl/event_api.hpp"

#include "ctl/inputs.hpp"
#include "query.hpp"

namespace management::ctl {
namespace {

constexpr std::string_view kVersion = "?api-version=2024-06-01";

trellis::Result<std::string> read_key(const CtlRequest& request, const Terminal& terminal) {
  if (!request.has("--key")) return terminal.environment("TRELLIS_EVENTS_KEY").value_or("");
  auto key = read_argument(request.value("--key"));
  if (!key) return trellis::fail("--key: " + key.error().text);
  while (key->ends_with('\n') || key->ends_with('\r')) key->pop_back();
  return key;
}

}  // namespace

trellis::Result<std::unique_ptr<EventApi>> EventApi::open(const CtlRequest& request, const Terminal& terminal) {
  std::string where = request.value("--events");
  if (where.empty()) where = terminal.environment("TRELLIS_EVENTS").value_or("");
  // A guess would give the key to whoever listens there.
  if (where.empty())
    return trellis::fail(
        "where events are published and received has to be said, with --events URL or TRELLIS_EVENTS=URL: the "
        "listener whose \"services\" have service-events, as " +
        std::string(kEventApi.example));
  auto address = parse_address(where, kEventApi);
  if (!address) return trellis::fail("events " + where + ": " + address.error().text);
  auto key = read_key(request, terminal);
  if (!key) return key.error();
  return std::unique_ptr<EventApi>(new EventApi(std::move(address).value(), std::move(key).value(), request.timeout));
}

trellis::Result<HttpAnswer> EventApi::ask(EventCall call) {
  HttpRequest request;
  request.method = std::move(call.method);
  request.target = connection_.address().mount + call.path + std::string(kVersion) + call.query;
  if (!key_.empty()) request.authorization = "SharedAccessKey " + key_;
  request.media_type = std::move(call.media_type);
  request.body = std::move(call.body);
  return connection_.ask(request, timeout_ + call.more, call.interrupt);
}

trellis::Result<Json> EventApi::get(EventCall call) {
  const auto answer = ask(std::move(call));
  if (!answer) return answer.error();
  if (answer->status >= 300) return trellis::fail(sentence_of(*answer, kEventApi));
  auto json = read_json_text(answer->body);
  if (!json) return trellis::fail("what answers is no event API: " + json.error().text);
  return json;
}

std::string topic_path(std::string_view topic) { return "/topics/" + percent_encode(topic); }

trellis::Result<std::string> subscription_path(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == name.size())
    return trellis::fail("expected TOPIC/SUBSCRIPTION, found " + trellis::json::quote(name), trellis::Status::invalid);
  return topic_path(name.substr(0, slash)) + "/eventsubscriptions/" + percent_encode(name.substr(slash + 1));
}

}  // namespace management::ctl
