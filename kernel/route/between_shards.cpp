// What one shard hands to another, and what a store knows of it meanwhile.
#include <algorithm>
#include <trellis/keeping/bytes.hpp>

#include "route/router.hpp"

namespace trellis::kernel {

void Router::hand_over(std::uint32_t shard_index, const Handover::Destination& to, const Message* const* run,
                       std::uint32_t count, KeptBodies* bodies, std::uint64_t receiver_queue) {
  auto& letter = outgoing_[shard_index];
  if (letter == nullptr) letter = std::make_unique<Handover>(*all_.by_shard[shard_index], shard_.index());
  shard_.defer(Phase::handover, *this);
  if (bodies == nullptr) return letter->add(to, run, count);
  for (std::uint32_t first = 0; first < count;) {
    const bool keeps = run[first]->qos() > 0;
    std::uint32_t end = first + 1;
    while (end < count && (run[end]->qos() > 0) == keeps) ++end;
    const std::uint64_t number = keeps ? keep_on_the_way(shard_index, to, run, first, end, *bodies, receiver_queue) : 0;
    letter->add(to, run + first, end - first, number);
    first = end;
  }
}

// The other shard puts them into its queues and takes them from here with one change: neither can be alone. Answers
// the number of the first.
std::uint64_t Router::keep_on_the_way(std::uint32_t shard_index, const Handover::Destination& to,
                                      const Message* const* run, std::uint32_t first, std::uint32_t end,
                                      KeptBodies& bodies, std::uint64_t receiver_queue) {
  const Namespace& space = name_space(to.name_space);
  const InboxExtra about{receiver_queue, to.group, to.identifier, to.qos, to.retain_as_published, 0, 0};
  std::string extra;
  add_bytes(extra, about);
  extra.append(space.name);
  const std::uint32_t level = bodies.level != 0 ? bodies.level : session_level(space);
  std::uint64_t& last = last_on_the_way_[shard_index];
  const std::uint64_t number = last + 1;
  for (std::uint32_t i = first; i < end; ++i) {
    keeper_.append(level, bodies, i, *run[i], all_.inbox(shard_.index(), shard_index), ++last, extra);
  }
  return number;
}

std::uint32_t Router::session_level(const Namespace& space) const noexcept {
  return std::max<std::uint32_t>(policies_[space.index]->durability.sessions, TRELLIS_DURABILITY_WRITTEN);
}

// Nobody may act on what the store has not taken: it would come behind what follows from it.
void Router::run_deferred() {
  for (std::size_t i = 0; i < outgoing_.size(); ++i) {
    if (outgoing_[i] == nullptr) continue;
    if (keeper_.behind() && outgoing_[i]->stored()) {
      held_.push_back({i, std::move(outgoing_[i])});
    } else {
      all_.by_shard[i]->shard_.post(outgoing_[i].release());
    }
  }
}

void Router::send_held() {
  for (Held& one : std::exchange(held_, {})) all_.by_shard[one.to]->shard_.post(one.letter.release());
}

void Router::take(const Handover::Destination& to, const Message* const* run, std::uint32_t count, std::uint32_t from,
                  std::uint64_t number) {
  if (ended_ && number != 0) return;
  Namespace& space = name_space(to.name_space);
  take_for(space, to, run, count, number != 0);
  if (number == 0) return;
  keeper_.settle(session_level(space), all_.inbox(from, shard_.index()), number, number + count - 1, false);
}

void Router::take_for(Namespace& space, const Handover::Destination& to, const Message* const* run, std::uint32_t count,
                      bool kept) {
  KeptBodies bodies;
  // What is kept stays so, whatever the rules came to say since.
  const auto level = [&](std::uint32_t now) { return kept && now == TRELLIS_DURABILITY_VOLATILE ? 0 : now; };
  if (to.receiver == 0) {
    const MatchedTopic& here = *matched(space, run[0]->topic());
    bodies.level = level(here.level);
    ++routing_;
    offer_local(space, here, run, count, bodies);
    --routing_;
    return;
  }
  bodies.level = level(policies_[space.index]->durability.ruled(run[0]->topic()));
  if (Subscriber* receiver = table_.find(to.receiver)) {
    receiver->count_under_way(0 - count);
    receiver->offer(run, count, Grant::of(to.identifier, to.group, to.qos, to.retain_as_published), bodies);
    return;
  }
  // Gone meanwhile: somebody else of the group takes it, or nobody is there any more.
  for (std::uint32_t i = 0; i < count; ++i) {
    if (share_out_again(space, to.group, run[i])) continue;
    shard_.count(space.queue_metrics.matched, 1);
    shard_.count(space.queue_metrics.dropped[static_cast<std::size_t>(DropReason::ended)], 1);
  }
}

bool Router::share_out_again(Namespace& space, std::uint32_t group_id, const Message* message) {
  MatchedTopic own;
  fill(space, message->topic(), own);
  return std::ranges::any_of(own.groups, [&](const MatchedGroup& group) {
    return group.group->id == group_id && share_out(space, own, group, &message, 1);
  });
}

void Router::take_kept(Namespace& space, const InboxExtra& extra, const Message& message, std::uint32_t home,
                       Subscriber* receiver) {
  const Message* const one = &message;
  KeptBodies bodies;  // as its queue is: it was kept when it was taken
  if (receiver != nullptr) {
    const auto grant = Grant::of(extra.identifier, extra.group, extra.qos, extra.retain_as_published != 0);
    return receiver->offer(&one, 1, grant, bodies);
  }
  if (extra.queue != 0) return (void)share_out_again(space, extra.group, one);
  const Message* const* run = &one;
  std::uint32_t count = 1;
  FilterChain::Result left;
  if (!filter(space, run, count, left)) return;
  MatchedTopic found;
  fill(space, message.topic(), found);
  for (const Receiver& to : found.receivers) {
    const KeptQueue* const kept = to.subscriber->kept();
    if (kept != nullptr && kept->home == home) to.subscriber->offer(run, count, grant_of(found, to), bodies);
  }
}

}  // namespace trellis::kernel
