#include "sender.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "common/azure_storage/fault.hpp"
#include "common/azure_storage/request.hpp"
#include "handler.hpp"

namespace storage_queue {
namespace {

using common::Outcome;
using common::Verdict;
using trellis::Cause;
using trellis::KeptDelivery;
using trellis::http::ClientResult;

constexpr std::size_t kMostAnswerBytes = std::size_t{64} << 10U;

trellis::http::ClientSettings client_settings(const Settings& settings) {
  trellis::http::ClientSettings made;
  made.connections_per_host = settings.connections;
  made.http2 = settings.http2;
  made.connections = std::max<std::size_t>(settings.connections * 8, 256);
  // Chains are bounded already, and each has one request.
  made.waiting = settings.waiting + 1024;
  made.waiting_bytes = 2 * settings.waiting_bytes + 2 * kMostTextBytes;
  made.connect_timeout = settings.timeout;
  made.user_agent = "trellis-storage-queue/1.0";
  return made;
}

// A check with rights to add only is refused, though messages will be taken.
bool says_nothing(const ClientResult& result, std::string_view code) {
  return result.has_value() && code == "AuthorizationPermissionMismatch";
}

}  // namespace

Sender::Sender(StorageQueueHandler& owner, const trellis::Shard& shard)
    : owner_(owner), shard_(shard), client_(shard, client_settings(owner.settings()), owner.metrics().http) {}

Sender::~Sender() {
  const Verdict stopped = Verdict::stopped();
  for (auto& [id, consent] : std::exchange(asked_, {})) stopped.settle(consent);
  owner_.metrics().under_way.add_any(-static_cast<std::int64_t>(events_));
  for (auto& [id, chain] : std::exchange(chains_, {})) {
    for (KeptDelivery& one : chain.left) stopped.settle(one);
  }
}

void Sender::deliver(const std::shared_ptr<const Target>& target, const trellis::DeliveryBatch& batch) {
  const Settings& settings = owner_.settings();
  std::deque<KeptDelivery> kept;
  std::vector<KeptDelivery> too_many;
  batch.each([&](trellis::Delivery& delivery) {
    const std::size_t size = delivery.message().payload().size();
    const bool full = events_ >= settings.waiting || (events_ > 0 && bytes_ + size > settings.waiting_bytes);
    // Behind one that does not go, none does: they are in order.
    if (full || !too_many.empty()) {
      too_many.push_back(delivery.keep());
      return;
    }
    ++events_;
    bytes_ += size;
    kept.push_back(delivery.keep());
  });
  owner_.metrics().under_way.add(shard_, static_cast<std::int64_t>(kept.size()));
  if (!kept.empty()) {
    const std::uint64_t id = ++last_id_;
    chains_.emplace(id, Chain{target, std::move(kept), shard_.now()});
    proceed(id);
  }
  const Verdict busy = Verdict::later(
      Cause::busy, target->name + ": as many events are under way as the settings waiting and waiting_bytes allow",
      common::kRoomWait);
  owner_.metrics().events.count(shard_, busy, static_cast<std::int64_t>(too_many.size()));
  for (KeptDelivery& one : too_many) busy.settle(one);
}

void Sender::proceed(std::uint64_t id) {
  while (true) {
    const auto found = chains_.find(id);
    if (found == chains_.end()) return;
    Chain& chain = found->second;
    if (chain.target->released) {
      return settle_all(id, Verdict::stopped(chain.target->name + ": is not wanted any more"));
    }
    chain.begun = shard_.now();
    std::string text = chain.target->text(chain.left.front().message().payload());
    if (text.size() <= kMostTextBytes) return send(id, chain, std::move(text));
    settle_first(
        id, Verdict::refused(Cause::too_large, chain.target->name + ": the event takes " + std::to_string(text.size()) +
                                                   " bytes of a message, which has 65536 at most"));
  }
}

void Sender::send(std::uint64_t id, Chain& chain, std::string text) {
  const Target& target = *chain.target;
  azure_storage::Call call{"POST", target.queue + "/messages", {{"messagettl", target.time_to_live}}};
  if (!target.visibility.empty()) call.query.emplace_back("visibilitytimeout", target.visibility);
  call.headers.emplace_back("content-type", "application/xml");
  call.body = "<QueueMessage><MessageText>" + std::move(text) + "</MessageText></QueueMessage>";
  auto request =
      azure_storage::make_request(target.account, azure_storage::Service::queue, std::move(call), shard_.wall());
  request.deadline = target.timeout;
  request.max_response_bytes = kMostAnswerBytes;
  // A message may be there twice, as any event may be delivered twice.
  request.repeatable = true;
  request.status_is_enough = true;
  client_.send(std::move(request), [this, id](ClientResult result) { on_answer(id, std::move(result)); });
}

void Sender::on_answer(std::uint64_t id, ClientResult result) {
  const auto found = chains_.find(id);
  if (found == chains_.end()) return;
  const Verdict verdict = azure_storage::judge(result, found->second.target->name);
  owner_.metrics().milliseconds.add(shard_, (shard_.now() - found->second.begun).count());
  owner_.metrics().puts[verdict.cause].add(shard_);
  settle_first(id, verdict);
  proceed(id);
}

KeptDelivery Sender::take(Chain& chain) {
  KeptDelivery first = std::move(chain.left.front());
  chain.left.pop_front();
  --events_;
  bytes_ -= first.message().payload().size();
  owner_.metrics().under_way.add(shard_, -1);
  return first;
}

void Sender::settle_first(std::uint64_t id, const Verdict& verdict) {
  if (verdict.outcome == Outcome::later) return settle_all(id, verdict);
  const auto found = chains_.find(id);
  KeptDelivery first = take(found->second);
  const bool last = found->second.left.empty();
  if (last) chains_.erase(found);
  owner_.metrics().events.count(shard_, verdict);
  verdict.settle(first);
  if (verdict.outcome != Outcome::retry || last) return;
  settle_all(id, Verdict::later(verdict.cause, "behind one that failed: " + verdict.reason, common::kRoomWait));
}

void Sender::settle_all(std::uint64_t id, const Verdict& verdict) {
  const auto found = chains_.find(id);
  Chain chain = std::move(found->second);
  chains_.erase(found);
  owner_.metrics().events.count(shard_, verdict, static_cast<std::int64_t>(chain.left.size()));
  while (!chain.left.empty()) {
    KeptDelivery first = take(chain);
    verdict.settle(first);
  }
}

void Sender::check(const std::shared_ptr<const Target>& target, trellis::Settlement consent) {
  auto request = azure_storage::make_request(target->account, azure_storage::Service::queue,
                                             {"GET", target->queue, {{"comp", "metadata"}}}, shard_.wall());
  request.deadline = target->timeout;
  request.max_response_bytes = kMostAnswerBytes;
  const std::uint64_t id = ++last_id_;
  asked_.emplace(id, std::move(consent));
  client_.send(std::move(request), [this, id, target](ClientResult result) {
    const auto found = asked_.find(id);
    if (found == asked_.end()) return;
    trellis::Settlement settlement = std::move(found->second);
    asked_.erase(found);
    Verdict verdict = azure_storage::judge(result, target->name);
    if (verdict.outcome != Outcome::delivered &&
        says_nothing(result, result ? azure_storage::error_code(*result) : "")) {
      verdict = Verdict::delivered(verdict.code);
    }
    owner_.metrics().checks[verdict.outcome].add(shard_);
    verdict.settle(settlement);
  });
}

}  // namespace storage_queue
