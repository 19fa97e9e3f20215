// Endpoints are asked whether they want events, and may say so later by calling a URL.
#include <iterator>
#include <utility>

#include "handler.hpp"
#include "handshake.hpp"
#include "sender.hpp"

namespace hooks {
namespace {

using common::Outcome;
using common::Verdict;
using trellis::Cause;

// How long a link is good, which is what Event Grid grants.
constexpr std::chrono::minutes kConsentTime{10};
// Nobody else is to give the question up first.
constexpr std::chrono::minutes kGrace{1};

}  // namespace

void Sender::check(std::shared_ptr<const Target> target, trellis::Settlement consent) {
  if (target->validation == Validation::none) return consent.delivered();
  if (!target->consent.empty()) return consent.consented(target->consent);
  const auto closed = take_closed();  // who consents there is asked for nothing any more
  const std::uint64_t id = ++last_id_;
  Call call{std::move(target), {}};
  call.settlements.push_back(std::move(consent));
  call.asks = true;
  call.id = owner_.validation_code(*call.target);
  call.link = link_for(*call.target, id);
  call.request = handshake(*call.target, {call.id, call.link ? call.link->url() : std::string_view()}, shard_.wall());
  call.begun = shard_.now();
  start(id, std::move(call));
}

// None where the subscription has a callback of its own.
std::optional<common::ConsentLink> Sender::link_for(const Target& target, std::uint64_t id) {
  const auto desk = owner_.desk();
  if (!desk || (target.validation == Validation::cloud_events && !target.request_callback.empty())) return std::nullopt;
  return common::ConsentLink::issue(*desk, shard_, target.url.origin(),
                                    [this, id](const common::ConsentGrant& grant) { return granted(id, grant); });
}

std::vector<Sender::Awaiting> Sender::take_closed() {
  std::vector<Awaiting> closed;
  for (auto one = awaiting_.begin(); one != awaiting_.end();) {
    if (one->second.target->closed) closed.push_back(std::move(one->second));
    one = one->second.target == nullptr ? awaiting_.erase(one) : std::next(one);
  }
  return closed;
}

void Sender::wait_for_consent(std::uint64_t id, Call call, Verdict verdict) {
  owner_.metrics().checks[Outcome::awaited].add(shard_);
  trellis::Settlement consent = std::move(call.settlements.front());
  if (!call.link) {
    verdict.settle(consent);
    verdict.outcome = Outcome::retry;
    return verdict.settle(consent);
  }
  verdict.wait = kConsentTime + kGrace;
  verdict.reason += "; the URL that it was sent is good for " + std::to_string(kConsentTime.count()) + " minutes";
  auto over = shard_.after(kConsentTime, [this, id] {
    settle_awaited(
        id,
        {Outcome::retry, Cause::none, 0, {}, std::string(kAwaitingManualAction) + ": nobody called the URL in time"});
  });
  const auto place = awaiting_.emplace(
      id, Awaiting{std::move(call.target), std::move(consent), std::move(*call.link), std::move(over)});
  verdict.settle(place.first->second.consent);
}

// Somebody called the link, perhaps before the endpoint answered.
std::uint32_t Sender::granted(std::uint64_t id, const common::ConsentGrant& grant) {
  const auto call = calls_.find(id);
  const auto awaited = awaiting_.find(id);
  if (call == calls_.end() && awaited == awaiting_.end()) return common::kConsentNotOurs;
  const Target& target = call != calls_.end() ? *call->second.target : *awaited->second.target;
  if (target.closed) return common::kConsentNotOurs;
  const Verdict verdict = judge_grant(target, grant);
  if (verdict.outcome != Outcome::delivered) {
    owner_.host().log(trellis::Level::warn, "an endpoint's consent does not count",
                      {{"endpoint", target.url.origin()}, {"reason", verdict.reason}});
    return common::kConsentNotOurs;
  }
  call != calls_.end() ? finish(id, verdict) : settle_awaited(id, verdict);
  return common::kConsentGiven;
}

void Sender::settle_awaited(std::uint64_t id, const Verdict& verdict) {
  const auto found = awaiting_.find(id);
  if (found == awaiting_.end()) return;
  std::vector<trellis::Settlement> consent;
  consent.push_back(std::move(found->second.consent));
  awaiting_.erase(found);
  settle(std::move(consent), true, verdict);
}

}  // namespace hooks
