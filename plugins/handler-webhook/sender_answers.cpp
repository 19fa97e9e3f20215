// The way back from an endpoint: what its answer comes to for whoever has events delivered.
#include <utility>

#include "handler.hpp"
#include "handshake.hpp"
#include "sender.hpp"

namespace hooks {

using common::Outcome;
using common::Verdict;
using trellis::Cause;
using trellis::http::ClientResult;
using trellis::http::Failure;

void Sender::on_token(const std::string& key, ClientResult result) {
  const bool stopped = !result && result.error().failure == Failure::stopped;
  const auto taken = owner_.tokens().take(key, std::move(result), shard_.now());
  (taken ? owner_.metrics().tokens_fetched : owner_.metrics().tokens_failed).add(shard_);
  if (!taken && !stopped)
    owner_.host().log(trellis::Level::warn, "no token for an endpoint of events", {{"error", taken.error().text}});
  owner_.tell_token_settled(key, static_cast<bool>(taken));
}

void Sender::token_settled(const std::string& key, bool there) {
  std::vector<std::uint64_t> waiting;
  for (const auto& [id, call] : calls_) {
    if (call.waits_for_token && call.target->token->key == key) waiting.push_back(id);
  }
  for (const std::uint64_t id : waiting) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) continue;
    Call& call = found->second;
    const bool late = shard_.now() - call.begun >= call.target->timeout;
    if (there && !late) {
      proceed(id, call);
    } else {
      finish(id, Verdict::later(
                     Cause::other,
                     call.target->name() + (late ? ": the token for it came too late" : ": there is no token for it"),
                     common::kUsualWait));
    }
  }
}

void Sender::on_answer(std::uint64_t id, ClientResult result) {
  const auto found = calls_.find(id);
  if (found != calls_.end()) finish(id, judge_answer(found->second, result));
}

Verdict Sender::judge_answer(const Call& call, ClientResult& result) {
  const Target& target = *call.target;
  if (result && !call.token.empty() && (result->status == 401 || result->status == 403) &&
      owner_.tokens().refused(target.token->key, call.token, shard_.now())) {
    // It may have been taken back before its time: the next attempt comes with a fresh one.
    return {Outcome::retry, Cause::unauthorized, result->status, common::kUsualWait,
            target.name() + ": does not take its token any more (status " + std::to_string(result->status) + ")"};
  }
  if (call.asks && result)
    return judge_handshake(target, *result, {call.id, call.link ? call.link->url() : std::string_view()});
  return judge(result, target.receiver, target.name(), target.retry_after_max, shard_.wall());
}

void Sender::finish(std::uint64_t id, const Verdict& verdict) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  Call call = std::move(found->second);
  calls_.erase(found);
  owner_.metrics().under_way.add(shard_, -1);
  if (!call.asks) {
    owner_.metrics().milliseconds.add(shard_, (shard_.now() - call.begun).count());
    owner_.metrics().requests[verdict.cause].add(shard_);
  }
  if (verdict.outcome == Outcome::awaited) return wait_for_consent(id, std::move(call), verdict);
  settle(std::move(call.settlements), call.asks, verdict);
}

void Sender::settle(std::vector<trellis::Settlement> settlements, bool asks, const Verdict& verdict) {
  const Metrics& metrics = owner_.metrics();
  const auto count = static_cast<std::int64_t>(settlements.size());
  if (asks) {
    metrics.checks[verdict.outcome].add(shard_, count);
  } else {
    metrics.events.count(shard_, verdict, count);
  }
  for (trellis::Settlement& one : settlements) verdict.settle(one);
}

}  // namespace hooks
