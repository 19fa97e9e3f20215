#include "route/promises.hpp"

#include <algorithm>

#include "route/router.hpp"

namespace trellis::kernel {

Subscriber::Room Promises::ask(Subscriber& subscriber, std::uint32_t shard, Subscriber::Room wanted) {
  if (std::ranges::any_of(all_, [&](const One& one) { return one.subscriber == &subscriber; })) return wanted;
  each_ = wanted;
  all_.push_back({&subscriber, shard});
  const Subscriber::Room before = subscriber.promise(wanted);  // first: whoever asks at the same time sees it
  const std::uint32_t messages = subscriber.space_to_refusal();
  const std::uint64_t bytes = subscriber.bytes_to_refusal();
  return {messages - std::min(messages, before.messages), bytes - std::min(bytes, before.bytes)};
}

void Promises::shrink(Subscriber::Room needed) noexcept {
  for (const One& one : all_) one.subscriber->unpromise({each_.messages - needed.messages, each_.bytes - needed.bytes});
  each_ = needed;
}

void Promises::hand_over(std::span<const std::unique_ptr<Handover>> letters, std::uint32_t own_shard) {
  const auto gone = std::ranges::remove_if(all_, [&](const One& one) {
    if (one.shard == own_shard || letters[one.shard] == nullptr) return false;
    letters[one.shard]->promise(one.subscriber->id(), each_);
    return true;
  });
  all_.erase(gone.begin(), gone.end());
}

// Only while somebody wants publishers refused: how many of a run everybody who matches takes, wherever they live. A
// shared subscription takes what one of its members takes.
std::uint32_t Router::accepted(Namespace& space, const Message* const* run, std::uint32_t count,
                               Promises& promises) const {
  Subscriber::Room wanted{count, 0};
  for (std::uint32_t i = 0; i < count; ++i) wanted.bytes += run[i]->bytes();
  Subscriber::Room room = wanted;
  Authorization& authorization = policies_[space.index]->authorization;
  const auto gets_it = [&](const Subscriber& subscriber) {
    return !authorization.judges_receive() || may_receive(authorization, subscriber, run[0]->topic());
  };
  const auto narrow = [&](Subscriber::Room to) {
    room = {std::min(room.messages, to.messages), std::min(room.bytes, to.bytes)};
  };
  space.subscriptions.match(
      run[0]->topic(),
      [&](const SubscriptionList& list) {
        list.for_each([&](Subscriber& subscriber, const IndexedSubscription& as) {
          if (subscriber.space_to_refusal() == UINT32_MAX || !gets_it(subscriber)) return;
          narrow(promises.ask(subscriber, as.shard, wanted));
        });
      },
      [&](const SharedGroup& group) {
        Subscriber::Room most{};
        bool anybody = false;
        group.members.for_each([&](const Subscriber& member, const IndexedSubscription&) {
          if (!gets_it(member)) return;
          anybody = true;
          if (member.space_to_refusal() == 0) return;
          most = {std::max(most.messages, member.space_to_refusal()), std::max(most.bytes, member.bytes_to_refusal())};
        });
        if (anybody) narrow(most);
      });
  Subscriber::Room taken{};
  for (; taken.messages < room.messages && taken.bytes + run[taken.messages]->bytes() <= room.bytes; ++taken.messages)
    taken.bytes += run[taken.messages]->bytes();
  promises.shrink(taken);
  return taken.messages;
}

}  // namespace trellis::kernel
