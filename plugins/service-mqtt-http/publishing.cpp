#include "publishing.hpp"

#include <utility>

#include "here.hpp"

namespace mqtt_http {
namespace {

std::string place_of(std::size_t index, std::size_t count) {
  return count == 1 ? "topic" : "/" + std::to_string(index) + "/topic";
}

void log(Call& call, const Caller& caller, const Draft& draft) {
  const trellis::Host& host = call.here().shard().host();
  if (!host.logs(trellis::Level::debug)) return;
  host.log(trellis::Level::debug, "published over HTTP",
           {{"protocol", "http-publish"},
            {"namespace", call.here().space_name(call.name_space())},
            {"peer", call.peer()},
            {"principal", caller.identity},
            {"topic", draft.topic}});
}

void go(Call& call, const Caller& caller, std::vector<Draft>& drafts) {
  if (const auto problem = may_publish(call, caller, drafts)) return call.refuse(*problem);
  const auto statuses = publish(call, caller, drafts);
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    if (accepted(statuses[i])) continue;
    Problem problem = publish_problem(statuses[i]);
    if (statuses.size() > 1) {
      problem.message += "; messages before it, and perhaps behind it, are published";
      problem.target = "/" + std::to_string(i);
    }
    return call.refuse(problem);
  }
  when_kept(call, [](Call& done, bool kept) {
    if (kept) return done.answer({.status = 204, .content_type = ""});
    done.refuse({500, "the store failed: the message may be lost if the broker stops", {}});
  });
}

/// Reads first, so that nothing of the request has to be there when its client is known; what is wrong is told to those
/// only that are let in.
void begin(const std::shared_ptr<Call>& call, const trellis::Request& request, std::optional<Problem> problem,
           std::vector<Draft> drafts) {
  if (problem) drafts.clear();
  call->with_client(
      request, [problem = std::move(problem), drafts = std::move(drafts)](Call& known, const Caller& caller) mutable {
        if (problem) return known.refuse(*problem);
        go(known, caller, drafts);
      });
}

}  // namespace

void publish_one(const std::shared_ptr<Call>& call, const trellis::Request& request) {
  Query query;
  std::vector<Draft> drafts(1);
  auto problem = Query::read(request.query(), {"topic", "qos", "retain"}, {}, query);
  if (!problem)
    problem = read_message(request.headers(), request.body(), query, call->here().settings().limits, drafts[0]);
  begin(call, request, std::move(problem), std::move(drafts));
}

void publish_batch(const std::shared_ptr<Call>& call, const trellis::Request& request) {
  Query query;
  std::vector<Draft> drafts;
  auto problem = Query::read(request.query(), {}, {}, query);
  if (!problem) problem = read_batch(request.body(), call->here().settings(), drafts);
  begin(call, request, std::move(problem), std::move(drafts));
}

std::optional<Problem> may_publish(Call& call, const Caller& caller, const std::vector<Draft>& drafts) {
  const trellis_host_publish& table = *call.here().tables().publish;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (i > 0 && drafts[i].topic == drafts[i - 1].topic) continue;
    const auto status =
        table.may_publish(caller.connection, trellis::view(caller.name), trellis::view(drafts[i].topic));
    if (status == TRELLIS_OK) continue;
    return Problem{403, "the client may not publish to " + in_quotes(drafts[i].topic), place_of(i, drafts.size())};
  }
  return within_rates(call, caller, drafts);
}

std::optional<Problem> within_rates(Call& call, const Caller& caller, const std::vector<Draft>& drafts) {
  std::uint64_t bytes = 0;
  for (const Draft& draft : drafts) bytes += draft.payload.size();
  const Settings& settings = call.here().settings();
  const auto limit = [](std::uint64_t own, std::uint64_t usual) { return own != 0 ? own : usual; };
  const bool taken = call.here().rates().take(
      std::to_string(call.name_space()) + '/' + caller.name, drafts.size(), bytes,
      limit(caller.limits.publishes_per_s, settings.publishes_per_second),
      limit(caller.limits.bytes_per_s, settings.publish_bytes_per_second), call.here().shard().now());
  if (!taken) return Problem{429, "the client publishes more than it may in a second", {}};
  return std::nullopt;
}

// The broker publishes in the client's name: the connection carries requests of several clients, and none of them has a
// session that a message could be from.
std::vector<trellis_status> publish(Call& call, const Caller& caller, std::vector<Draft>& drafts) {
  const Here& here = call.here();
  const trellis_host_publish& table = *here.tables().publish;
  std::vector<trellis_publication> messages;
  for (Draft& draft : drafts) messages.push_back(draft.publication());
  std::vector<trellis_status> statuses(drafts.size(), TRELLIS_STATUS_UNSET);
  // Of none: the connection counts as a publisher's from now on, which waits when memory runs short.
  table.publish(caller.connection, messages.data(), statuses.data(), 0);
  table.publish_as(here.shard().handle(), trellis::view(here.space_name(call.name_space())), trellis::view(caller.name),
                   trellis::view(caller.identity), messages.data(), statuses.data(),
                   static_cast<std::uint32_t>(messages.size()));
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (!accepted(statuses[i])) continue;
    here.metrics().messages.add(here.shard());
    log(call, caller, drafts[i]);
  }
  return statuses;
}

Problem publish_problem(trellis_status status) {
  switch (status) {
    case TRELLIS_NOT_AUTHORIZED:
    case TRELLIS_INVALID:
      return {403, "the client may not publish to this topic, or it is none", "topic"};
    case TRELLIS_TOO_LARGE:
      return {413, "the message is too large to be kept", {}};
    case TRELLIS_QUOTA:
      return {429, "there is no room for the message: of retained messages, or in the queue of a subscriber", {}};
    case TRELLIS_UNAVAILABLE:
      return {503, "the store takes nothing at the time", {}};
    default:
      return {500, "the message could not be routed", {}};
  }
}

void when_kept(Call& call, std::function<void(Call&, bool kept)> done) {
  const Here& here = call.here();
  trellis::when_kept(here.queues(), here.shard(), call.name_space(), TRELLIS_DURABILITY_AS_ASKED,
                     [waiting = call.shared_from_this(), done = std::move(done)](bool kept) { done(*waiting, kept); });
}

}  // namespace mqtt_http
