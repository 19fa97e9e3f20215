// Events for streams, as they come.
#include "streams/streams_here.hpp"
#include "subscription.hpp"

namespace events_service {
namespace {

constexpr std::uint32_t kTurn = 64;  // events for one before it is the turn of the next

}  // namespace

void Subscription::open_stream(std::unique_ptr<Taker> taker) {
  takers_.add(std::move(taker));
  serve();
}

// Gives one of them what there is; false where that is nothing, or none has room.
bool Subscription::serve_stream() {
  Taker* const taker = takers_.next();
  if (taker == nullptr) return false;
  std::vector<Given> given = std::exchange(given_, {});
  given.clear();
  collect(std::min(kTurn, taker->room()), given, taker->room_bytes());
  if (!given.empty()) {
    StreamBatch batch{mqtt_, {}};
    batch.events.reserve(given.size());
    for (const Given& one : given) {
      const std::uint16_t deliveries = lock(one);
      const std::uint64_t number = ++taker->last_lock;
      taker->out.emplace(number, Taker::Out{one.lease, deliveries, one.message->payload.size});
      taker->bytes += one.message->payload.size;
      batch.events.push_back({number, deliveries, trellis::MessageRef(here_.messages, one.message)});
    }
    here_.streams->send(*taker, std::move(batch));
  } else {
    takers_.give_back_turn();
  }
  const bool any = !given.empty();
  given_ = std::move(given);
  arm();
  return any;
}

void Subscription::hear_stream(StreamNumber number, const StreamNews& news) {
  Taker* const taker = takers_.find(number);
  if (taker == nullptr) return;
  hear(*taker, news);
  arm();
  serve();
}

void Subscription::hear(Taker& taker, const StreamNews& news) {
  for (const StreamNews::Settled& one : news.settled) settle_streamed(taker, one.lock, one.outcome);
  if (!news.left.empty()) {
    taker.stopped = true;
    take_back_untaken(taker, news.left);
  }
  if (news.resumed) taker.stopped = false;
}

// Nobody saw them: no delivery is counted.
void Subscription::take_back_untaken(Taker& taker, std::span<const std::uint64_t> locks) {
  Undone leases;
  for (const std::uint64_t lock : locks) {
    const auto found = taker.out.find(lock);
    if (found == taker.out.end()) continue;
    const auto before = static_cast<std::uint16_t>(found->second.deliveries - 1);
    leases.emplace_back(found->second.lease, Mark{.deliveries = before});
    taker.bytes -= found->second.bytes;
    taker.out.erase(found);
  }
  if (!leases.empty()) take_back(leases);
}

void Subscription::settle_streamed(Taker& taker, std::uint64_t lock, std::uint32_t outcome) {
  const auto found = taker.out.find(lock);
  if (found == taker.out.end()) return;
  const Taker::Out out = found->second;
  taker.bytes -= out.bytes;
  taker.out.erase(found);
  const Lock* const held = holds(out.lease, out.deliveries);
  const Metrics& metrics = here_.metrics;
  if (outcome == TRELLIS_SETTLE_ACCEPT) {
    (held != nullptr ? metrics.acknowledged : metrics.acknowledge_failed).add(here_.shard);
    if (held != nullptr) perform({events::Operation::acknowledge}, out.lease, *held);
  } else if (outcome == TRELLIS_SETTLE_RELEASE) {
    (held != nullptr ? metrics.released : metrics.release_failed).add(here_.shard);
    if (held != nullptr) perform({events::Operation::release}, out.lease, *held);
  } else {
    (held != nullptr ? metrics.rejected : metrics.reject_failed).add(here_.shard);
    if (held != nullptr) perform({events::Operation::reject}, out.lease, *held);
  }
}

void Subscription::close_stream(StreamNumber number, std::uint64_t last_taken, const StreamNews& news) {
  const std::unique_ptr<Taker> taker = takers_.take(number);
  if (taker == nullptr) return;
  hear(*taker, news);
  // Others were on their way to a user that takes nothing any more.
  std::vector<std::uint64_t> untaken;
  for (const auto& [lock, out] : taker->out) {
    if (lock > last_taken) untaken.push_back(lock);
  }
  std::ranges::sort(untaken);
  take_back_untaken(*taker, untaken);
  release_out(*taker);
  arm();
  serve();
}

// What it has is available again, with the delivery that was.
void Subscription::release_out(const Taker& taker) {
  for (const auto& [number, out] : taker.out) {
    const Lock* const held = holds(out.lease, out.deliveries);
    if (held != nullptr) perform({events::Operation::release}, out.lease, *held);
  }
}

void Subscription::end_streams(std::string_view reason) {
  while (const std::unique_ptr<Taker> taker = takers_.take_any()) {
    if (queue_.is_open()) release_out(*taker);
    here_.streams->send_end(taker->number, taker->shard, reason);
  }
  arm();
}

}  // namespace events_service
