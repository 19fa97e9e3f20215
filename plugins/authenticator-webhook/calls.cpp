// The way to an endpoint: what is remembered, bounds, token, request.
#include "calls.hpp"

#include <utility>

#include "question.hpp"
#include "webhook.hpp"

namespace webhook {
namespace {

using trellis::http::ClientRequest;
using trellis::http::ClientResult;
using trellis::http::Failure;

trellis::http::ClientSettings client_settings(const Settings& settings) {
  trellis::http::ClientSettings made;
  made.connections_per_host = settings.connections;
  made.http2 = settings.http2;
  // Namespaces may have endpoints of their own; all of them together are bounded by the calls there may be.
  made.connections = settings.pending + 1;
  made.waiting = settings.pending + 1;
  made.connect_timeout = settings.timeout;
  return made;
}

}  // namespace

Calls::Calls(WebhookAuthenticator& owner, const trellis::Shard& shard)
    : owner_(owner), shard_(shard), client_(shard, client_settings(owner.settings()), owner.metrics().http) {}

Calls::~Calls() {
  for (const auto& [token, call] : calls_) {
    owner_.leave(token);
    call.endpoint->breaker.settle(call.pass, Breaker::Outcome::dropped, shard_.now());
  }
  owner_.metrics().pending.add_any(-static_cast<std::int64_t>(calls_.size()));
}

void Calls::ask(std::shared_ptr<const Endpoint> endpoint, const trellis::AuthRequest& request,
                trellis::AuthReply reply) {
  std::string body = question_body(request);
  // Who has a method may prove itself again: a verdict of then has to hold for whoever comes back with the same.
  std::optional<common::Fingerprint> print;
  if (!request.has_method()) print = owner_.fingerprint(endpoint->number, body);
  if (const auto known = print ? owner_.remembered(*print, shard_) : nullptr) {
    allow(reply, request.name_space, *known, Outcome::remembered);
    return;
  }
  if (full(request.name_space)) return refuse(request, reply, Outcome::overloaded, "too many calls are under way");
  const auto pass = endpoint->breaker.admit(shard_.now());
  if (!pass) return refuse(request, reply, Outcome::paused, "the webhook does not answer at the moment");
  const trellis_token token = reply.token();
  Call& call =
      calls_
          .insert_or_assign(token, Call{std::move(reply), std::move(endpoint), std::string(request.name_space),
                                        std::string(request.client_id), std::move(body), print, *pass, shard_.now()})
          .first->second;
  call.again = request.reauthenticates();
  ++of_namespace_[call.name_space];
  owner_.enter(token, *this);
  owner_.metrics().pending.add(shard_);
  call.deadline = shard_.after(owner_.settings().timeout, [this, token] {
    finish(token, {Outcome::timeout, Breaker::Outcome::failure, {.reason = "no answer in time"}});
  });
  proceed(token, call);
}

/// One namespace's slow endpoint, or its clients, never take the room of all the others.
bool Calls::full(std::string_view name_space) const {
  const std::size_t most = owner_.settings().pending;
  const auto mine = of_namespace_.find(name_space);
  return calls_.size() >= most || (mine != of_namespace_.end() && mine->second >= (most + 1) / 2);
}

void Calls::proceed(trellis_token token, Call& call) {
  const EndpointFacts& facts = call.endpoint->facts;
  if (!facts.token) return send(token, call, facts.bearer_token);
  auto [turn, found] = owner_.tokens().ask(facts.token->key, shard_.now());
  if (turn == common::TokenStore::Turn::fetch || turn == common::TokenStore::Turn::use_and_fetch) fetch(*facts.token);
  if (found.empty()) return;  // token_settled() goes on
  call.token = std::move(found);
  send(token, call, call.token);
}

ClientRequest Calls::request(const trellis::http::Url& url, const std::string& layer) const {
  ClientRequest made;
  made.method = "POST";
  made.url = url;
  made.headers = {{"accept", "application/json"}};
  made.deadline = owner_.settings().timeout;
  made.max_response_bytes = owner_.settings().answer_bytes;
  made.layer = layer;
  return made;
}

void Calls::send(trellis_token token, Call& call, std::string_view bearer) {
  ClientRequest wanted = request(call.endpoint->facts.url, call.endpoint->facts.layer);
  wanted.headers.emplace_back("content-type", "application/json");
  if (!bearer.empty()) wanted.headers.emplace_back("authorization", "Bearer " + std::string(bearer));
  wanted.body = std::exchange(call.body, {});
  call.request =
      client_.send(std::move(wanted), [this, token](ClientResult result) { on_answer(token, std::move(result)); });
}

void Calls::fetch(const common::TokenRequest& wanted) {
  ClientRequest made = wanted.to_send();
  made.deadline = owner_.settings().timeout;
  made.max_response_bytes = owner_.settings().answer_bytes;
  client_.send(std::move(made), [this, key = wanted.key](ClientResult result) { on_token(key, std::move(result)); });
}

void Calls::on_token(const std::string& key, ClientResult result) {
  const bool stopped = !result && result.error().failure == Failure::stopped;
  const auto taken = owner_.tokens().take(key, std::move(result), shard_.now());
  (taken ? owner_.metrics().tokens_fetched : owner_.metrics().tokens_failed).add(shard_);
  if (!taken && !stopped)
    owner_.host().log(trellis::Level::warn, "no token for a webhook", {{"error", taken.error().text}});
  owner_.tell_token_settled(key, static_cast<bool>(taken));
}

void Calls::token_settled(const std::string& key, bool there) {
  std::vector<trellis_token> waiting;
  for (const auto& [token, call] : calls_) {
    if (call.request == 0 && call.endpoint->facts.token && call.endpoint->facts.token->key == key) {
      waiting.push_back(token);
    }
  }
  for (const trellis_token token : waiting) {
    const auto found = calls_.find(token);
    if (found == calls_.end()) continue;
    if (there) {
      proceed(token, found->second);
    } else {
      finish(token, {Outcome::failed, Breaker::Outcome::failure, {.reason = "there is no token for it"}});
    }
  }
}

}  // namespace webhook
