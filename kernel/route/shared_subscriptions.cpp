// Who of a shared subscription's members gets a message.

#include <boost/container/small_vector.hpp>
#include <boost/container_hash/hash.hpp>
#include <functional>
#include <string_view>

#include "route/router.hpp"

namespace trellis::kernel {
namespace {

// Among the members of a group, in this order: who has to acknowledge first, who is not connected, who would refuse.
constexpr std::uint64_t kFull = std::uint64_t{1} << 40;
constexpr std::uint64_t kAway = std::uint64_t{1} << 41;
constexpr std::uint64_t kNoSpace = std::uint64_t{1} << 42;

// The least comes first.
std::uint64_t rank(const Subscriber& member) noexcept {
  return member.load() + (member.room() > 0 ? 0 : kFull) + (member.attached() ? 0 : kAway) +
         (member.space_to_refusal() > 0 ? 0 : kNoSpace);
}

struct Member {
  Subscriber* subscriber;
  const IndexedSubscription* as;
  std::uint64_t load;
  std::uint32_t room;
  std::uint32_t space;
};
using Members = boost::container::small_vector<Member, 32>;

std::size_t least_loaded(const Members& members, std::size_t turn) noexcept {
  std::size_t best = turn % members.size();
  for (std::size_t step = 1; step < members.size(); ++step) {
    const std::size_t other = (turn + step) % members.size();
    if (members[other].load < members[best].load) best = other;
  }
  return best;
}

/// What a message says about who is to get it; empty: nothing.
std::string_view key_of(const Message& message, std::string_view property) noexcept {
  const trellis_message& facts = message.facts();
  for (std::uint32_t i = 0; !property.empty() && i < facts.user_property_count; ++i) {
    if (text_of(facts.user_properties[i].name) == property) return text_of(facts.user_properties[i].value);
  }
  return {};
}

/// Each key has an order of its own of all members (rendezvous hashing): of who comes or goes, only those keys move of
/// which it is the first. Who is away or would refuse stands behind the others.
std::size_t of_key(const Members& members, std::string_view key) noexcept {
  const std::size_t hash = std::hash<std::string_view>{}(key);
  std::size_t best = 0;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    std::size_t seed = hash;
    boost::hash_combine(seed, std::hash<std::string_view>{}(members[i].subscriber->name()));
    const std::uint64_t weight = (seed >> 1) | (members[i].load < kAway ? std::uint64_t{1} << 63 : 0);
    if (weight >= most) {
      most = weight;
      best = i;
    }
  }
  return best;
}

std::size_t choose(const Members& members, const Message& message, std::string_view property, std::size_t turn) {
  const std::string_view key = key_of(message, property);
  return key.empty() ? least_loaded(members, turn) : of_key(members, key);
}

}  // namespace

void Router::offer_to_group(Namespace& space, const MatchedTopic& matched, const MatchedGroup& group,
                            const Message* const* run, std::uint32_t count) {
  FilterChain::Result left;
  if (!filter(space, run, count, left)) return;
  for (std::uint32_t done = 0; done < count; done += kBatch) {
    share_out(space, matched, group, run + done, std::min(kBatch, count - done));
  }
}

bool Router::share_out(Namespace& space, const MatchedTopic& matched, const MatchedGroup& found,
                       const Message* const* run, std::uint32_t count) {
  SharedGroup& group = *found.group;
  const std::string& property = policies_[space.index]->shared_key_property;
  Members members;
  group.members.for_each([&](Subscriber& subscriber, const IndexedSubscription& as) {
    if (!matched.allows(found, subscriber)) return;
    members.push_back({&subscriber, &as, rank(subscriber), subscriber.room(), subscriber.space_to_refusal()});
  });
  if (members.empty()) return false;
  std::size_t turn = group.turn.fetch_add(count, std::memory_order_relaxed);
  const Message* chosen[kBatch];
  std::size_t member_of[kBatch];
  for (std::uint32_t i = 0; i < count; ++i, ++turn) {
    const std::size_t best = choose(members, *run[i], property, turn);
    ++members[best].load;
    if (members[best].room > 0 && --members[best].room == 0) members[best].load += kFull;
    if (members[best].space > 0 && --members[best].space == 0) members[best].load += kNoSpace;
    member_of[i] = best;
  }
  for (std::size_t m = 0; m < members.size(); ++m) {
    std::uint32_t mine = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (member_of[i] == m) chosen[mine++] = run[i];
    }
    if (mine > 0) send_to_member(space, *members[m].subscriber, *members[m].as, group.id, chosen, mine, matched.level);
  }
  return true;
}

void Router::send_to_member(Namespace& space, Subscriber& member, const IndexedSubscription& as, std::uint32_t group,
                            const Message* const* messages, std::uint32_t count, std::uint32_t level) {
  KeptBodies bodies;
  bodies.level = level;
  if (as.shard != shard_.index()) {
    member.count_under_way(count);
    const KeptQueue* const kept = level == TRELLIS_DURABILITY_VOLATILE ? nullptr : member.kept();
    hand_over(as.shard, {space.index, group, member.id(), as.identifier, as.qos, as.retain_as_published}, messages,
              count, kept == nullptr ? nullptr : &bodies, kept == nullptr ? 0 : kept->queue());
    return;
  }
  member.offer(messages, count, Grant::of(as.identifier, group, as.qos, as.retain_as_published), bodies);
}

bool Router::hand_on(Subscriber& from, std::uint32_t group_id, const Message& message, std::uint8_t qos) {
  Namespace& space = name_space(from.name_space());
  if (qos == 0) return false;
  Members members;
  MatchedTopic own;
  const MatchedTopic& found = receivers_of(space, message.topic(), own);
  for (const MatchedGroup& group : found.groups) {
    if (group.group->id != group_id) continue;
    group.group->members.for_each([&](Subscriber& subscriber, const IndexedSubscription& as) {
      // Who comes back keeps its messages rather than give them to somebody who is away as well or has no space.
      const std::uint64_t load = rank(subscriber);
      const bool worse = (load >= kAway || subscriber.space() == 0) && !from.ended();
      if (&subscriber == &from || worse || !found.allows(group, subscriber)) return;
      members.push_back({&subscriber, &as, load, 0, 0});
    });
  }
  if (members.empty()) return false;
  const Member& best = members[choose(members, message, policies_[space.index]->shared_key_property, 0)];
  const Message* const one = &message;
  const bool was_kept = from.kept() != nullptr && found.level == TRELLIS_DURABILITY_VOLATILE;
  send_to_member(space, *best.subscriber, *best.as, group_id, &one, 1, was_kept ? 0 : found.level);
  return true;
}

}  // namespace trellis::kernel
