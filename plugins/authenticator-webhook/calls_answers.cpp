// The way back from an endpoint: what its answer comes to, for the client, the log and the next ones.
#include <utility>

#include "access/registered_client.hpp"
#include "calls.hpp"
#include "webhook.hpp"

namespace webhook {
namespace {

using trellis::http::ClientResult;
using trellis::http::Failure;

/// Who fails to prove itself again loses what it has, whatever the reason.
trellis::Status unanswered(bool again) {
  return again ? trellis::Status::not_authorized : trellis::Status::unavailable;
}

/// What a gateway says for an endpoint that is not there. Other errors may be what one client's question provokes.
bool is_outage(std::uint32_t status) { return status >= 502 && status <= 504; }

}  // namespace

void Calls::abandon(trellis_token token) {
  auto call = take(token);
  if (!call) return;
  call->reply.drop();
  if (call->request != 0) client_.cancel(call->request);
  call->endpoint->breaker.settle(call->pass, Breaker::Outcome::dropped, shard_.now());
  owner_.metrics().of(Outcome::abandoned).add(shard_);
}

void Calls::on_answer(trellis_token token, ClientResult result) {
  const auto found = calls_.find(token);
  if (found != calls_.end()) finish(token, judge(found->second, result));
}

Calls::End Calls::judge(Call& call, ClientResult& result) {
  call.request = 0;
  if (!result) {
    const trellis::http::ClientError& error = result.error();
    switch (error.failure) {
      case Failure::timeout:
        return {Outcome::timeout, Breaker::Outcome::failure, {.reason = error.text}};
      case Failure::malformed:
      case Failure::too_large:
        return {Outcome::invalid, Breaker::Outcome::success, {.reason = error.text}};
      case Failure::full:
        return {Outcome::overloaded, Breaker::Outcome::dropped, {.reason = error.text}};
      case Failure::stopped:
        return {Outcome::failed, Breaker::Outcome::dropped, {.reason = error.text}};
      default:
        return {Outcome::failed, Breaker::Outcome::failure, {.reason = error.text}};
    }
  }
  const std::uint32_t status = result->status;
  Decision decision = read_answer(status, result->body);
  // The next call comes with a fresh one.
  if (!call.token.empty() && (status == 401 || status == 403) && decision.verdict == Verdict::unavailable) {
    owner_.tokens().refused(call.endpoint->facts.token->key, call.token, shard_.now());
  }
  // Whether it answers is what the breaker watches, not what it says.
  const Breaker::Outcome there = is_outage(status) ? Breaker::Outcome::failure : Breaker::Outcome::success;
  if (status >= 500) return {Outcome::failed, there, std::move(decision)};
  const bool over = decision.expires.count() > 0 && decision.expires <= shard_.wall();
  if (decision.verdict == Verdict::allow && over) {
    decision = {.verdict = Verdict::deny, .reason = "the answer allowed until a time that is over"};
  }
  const Outcome outcome = decision.verdict == Verdict::allow  ? Outcome::allowed
                          : decision.verdict == Verdict::deny ? Outcome::denied
                                                              : Outcome::invalid;
  return {outcome, Breaker::Outcome::success, std::move(decision)};
}

/// Takes it out before it is answered: what follows an answer may ask the next question.
std::optional<Calls::Call> Calls::take(trellis_token token) {
  const auto found = calls_.find(token);
  if (found == calls_.end()) return std::nullopt;
  std::optional<Call> call(std::move(found->second));
  calls_.erase(found);
  const auto of_namespace = of_namespace_.find(call->name_space);
  if (--of_namespace->second == 0) of_namespace_.erase(of_namespace);
  call->deadline.cancel();
  owner_.leave(token);
  owner_.metrics().pending.add(shard_, -1);
  owner_.metrics().milliseconds.add(shard_, (shard_.now() - call->begun).count());
  return call;
}

void Calls::finish(trellis_token token, End end) {
  auto call = take(token);
  if (!call) return;
  if (call->request != 0) client_.cancel(call->request);
  call->endpoint->breaker.settle(call->pass, end.breaker, shard_.now());
  if (end.decision.verdict == Verdict::allow) {
    if (call->print) owner_.remember(*call->print, end.decision, shard_);
    if (allow(call->reply, call->name_space, end.decision, end.outcome))
      look_again(call->name_space, end.decision.name);
    return;
  }
  owner_.metrics().of(end.outcome).add(shard_);
  if (end.decision.verdict == Verdict::unavailable) {
    complain(*call->endpoint, call->name_space, end.decision.reason);
    return call->reply.deny("the webhook gave no answer", unanswered(call->again));
  }
  // What the endpoint said is for the log: it may tell more than a stranger should hear.
  owner_.host().log(trellis::Level::info, "a webhook denied a client",
                    {{"namespace", call->name_space}, {"client", call->client_id}, {"reason", end.decision.reason}});
  call->reply.deny("the webhook does not allow it");
}

// The answer is on its way to the client. Who was disabled after it was given may have been cut off before it came.
void Calls::look_again(std::string_view name_space, std::string_view name) {
  if (is_disabled(name_space, name)) owner_.revoke(name_space, std::vector<std::string_view>{name});
}

bool Calls::is_disabled(std::string_view name_space, std::string_view name) const {
  const auto registered = rights::find_client(owner_.host(), name_space, name);
  return registered && !registered->enabled;
}

/// Who is registered and disabled stays out, whatever the endpoint says or said. Whether the client is allowed.
bool Calls::allow(trellis::AuthReply& reply, std::string_view name_space, const Decision& decision, Outcome outcome) {
  if (is_disabled(name_space, decision.name)) {
    owner_.metrics().of(Outcome::denied).add(shard_);
    reply.deny("the registered client of that name is disabled");
    return false;
  }
  owner_.metrics().of(outcome).add(shard_);
  std::vector<std::string> values;
  values.reserve(decision.attributes.size());
  trellis::Grant grant{.name = decision.name, .expires = decision.expires, .own_attributes = true, .token = true};
  for (const rights::Attribute& attribute : decision.attributes) {
    grant.attributes.push_back({attribute.name, values.emplace_back(rights::to_json(attribute.value))});
  }
  reply.allow(grant);
  return true;
}

void Calls::complain(const Endpoint& endpoint, std::string_view name_space, std::string_view why) {
  if (!endpoint.complaint_due(shard_.now())) return;
  owner_.host().log(trellis::Level::warn, "a webhook gave no answer, its client is refused",
                    {{"namespace", name_space}, {"endpoint", endpoint.facts.url.origin()}, {"error", why}});
}

void Calls::refuse(const trellis::AuthRequest& request, trellis::AuthReply& reply, Outcome outcome,
                   std::string_view why) {
  owner_.metrics().of(outcome).add(shard_);
  reply.deny(why, unanswered(request.reauthenticates()));
}

}  // namespace webhook
