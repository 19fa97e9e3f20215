#include "waitlist.hpp"

#include <algorithm>
#include <trellis/resources.hpp>

#include "envelope.hpp"
#include "query.hpp"
#include "types.hpp"

namespace management {
namespace {

constexpr std::size_t kMostChanges = 500;      // in one answer
constexpr std::size_t kMostBytes = 1U << 20U;  // of them; one that alone is larger is told nevertheless
constexpr std::size_t kMostBuilt = 8;          // answers kept for others who wait for the same
constexpr std::size_t kMostSeconds = 25;       // the broker gives a service 30

Problem expired() {
  return {.status = 410,
          .code = "WatchExpired",
          .message =
              "changes since that revision are not known any more; read the collection again, and watch from "
              "the revision that it tells"};
}

std::string answer_of(const std::string& revision, const std::string& values) {
  return R"({"revision":)" + trellis::json::quote(revision) + R"(,"value":[)" + values + "]}";
}

}  // namespace

void Waitlist::watch(const trellis::Request& request, trellis::Reply reply, const Route& route, std::size_t token) {
  Query query;
  std::size_t seconds = 0;
  auto problem = Query::read(request.query(), {"watch", "timeout"}, query);
  if (!problem) problem = query.number("timeout", 0, kMostSeconds, kMostSeconds, seconds);
  if (problem) return send_problem(context_, reply, *problem);
  const std::string_view from = query.find("watch").value_or("");
  const auto position = from == "now" ? context_.ring->end() : context_.ring->from_text(from);
  if (!position) return send_problem(context_, reply, expired());
  Waiting waiting{route, std::move(reply), *position, token};
  Memory none;
  if (answer_changes(waiting, none)) return;
  if (seconds == 0 || closed_) return answer_nothing(waiting);
  if (!shares_.take(token)) {
    return send_problem(context_, waiting.reply,
                        {.status = 429, .code = "TooManyWatches", .message = "too many watch with this token already"},
                        {"retry-after", "5"});
  }
  waiting_.push_back(std::move(waiting));
  context_.metrics.watches.add_any();
  const Place place = std::prev(waiting_.end());
  place->timer = request.shard().after(std::chrono::seconds(seconds), [this, place] {
    answer_nothing(*place);
    leave(place);
  });
  // A change that came between the answer there was not and being found on the list has told nobody.
  if (answer_changes(*place, none)) leave(place);
}

void Waitlist::look() {
  Memory memory;
  for (Place place = waiting_.begin(); place != waiting_.end();) {
    const Place next = std::next(place);
    if (answer_changes(*place, memory)) leave(place);
    place = next;
  }
}

void Waitlist::answer_all() {
  closed_ = true;
  while (!waiting_.empty()) {
    answer_nothing(waiting_.front());
    leave(waiting_.begin());
  }
}

void Waitlist::leave(Place place) {
  shares_.give_back(place->token);
  context_.metrics.watches.add_any(-1);
  waiting_.erase(place);
}

void Waitlist::answer_nothing(Waiting& waiting) {
  send_json(context_, waiting.reply, 200, answer_of(context_.ring->to_text(waiting.position), ""));
}

bool Waitlist::answer_changes(Waiting& waiting, Memory& memory) {
  const Route& route = waiting.route;
  const auto same = std::ranges::find_if(memory, [&](const Built& one) {
    return one.position == waiting.position && one.type == route.type && one.name_space == route.name_space &&
           one.parent == route.parent && one.base == route.base;
  });
  if (same != memory.end()) {
    send_json(context_, waiting.reply, 200, same->text);
    return true;
  }
  const auto window =
      context_.ring->since(waiting.position, route.name_space, route.type, route.prefix(), kMostChanges);
  if (!window) {
    send_problem(context_, waiting.reply, expired());
    return true;
  }
  if (window->changes.empty()) {
    waiting.position = window->end;
    return false;
  }
  Built built{route.base, route.name_space, route.type, route.parent, waiting.position, build(waiting, *window)};
  send_json(context_, waiting.reply, 200, built.text);
  if (memory.size() < kMostBuilt) memory.push_back(std::move(built));
  return true;
}

std::string Waitlist::build(const Waiting& waiting, const ChangeRing::Window& window) const {
  const Route& route = waiting.route;
  const SecretPlaces secrets = SecretPlaces::of(context_.host, route.type);
  std::string values;
  for (const WatchedChange& change : window.changes) {
    std::string value;
    trellis::with_resource(context_.host, route.name_space, route.type, change.name, [&](const trellis::Resource& one) {
      value = std::string(R"({"change":)") + (change.created ? "\"created\"" : "\"changed\"") + R"(,"resource":)" +
              envelope(route, one, secrets, context_.provisioning.state_of(route.name_space, route.type, one.name())) +
              '}';
    });
    if (value.empty()) value = R"({"change":"removed","resource":)" + bare_envelope(route, change.name, "") + '}';
    if (!values.empty() && values.size() + value.size() > kMostBytes)
      return answer_of(context_.ring->to_text(change.position), values);
    values += (values.empty() ? "" : ",") + value;
  }
  return answer_of(context_.ring->to_text(window.end), values);
}

}  // namespace management
