#include "app/recheck.hpp"

#include <algorithm>
#include <utility>

namespace trellis::kernel {

// Rounds that are under way are finished first: who asks for them all again and again keeps nobody from being asked.
void Recheck::start(std::shared_ptr<const Names> only) {
  if (only == nullptr && !rounds_.empty()) {
    all_again_ = true;
    return;
  }
  const std::int32_t index = only == nullptr ? 0 : router_.namespace_index(only->name_space);
  if (index < 0) return;
  const auto has_session = [&](const std::string& name) {
    return router_.owners().held(Homes::key(static_cast<std::uint32_t>(index), name));
  };
  if (only != nullptr && std::ranges::none_of(only->names, has_session)) return;
  add({std::move(only), index, router_.subscribers().ids()});
}

void Recheck::start(const Subscriber& subscriber) {
  if (!subscriber.subscriptions.empty()) add({nullptr, 0, {subscriber.id()}});
}

// Not at once: whoever changed something is in the middle of it.
void Recheck::add(Round round) {
  rounds_.push_back(std::move(round));
  if (rounds_.size() == 1) shard_.post([this] { go_on(); });
}

void Recheck::go_on() {
  std::size_t questions = kAtOnce;
  while (!rounds_.empty() && questions > 0) {
    Round& round = rounds_.front();
    if (round.left.empty()) {
      rounds_.pop_front();
    } else if (next(round, questions)) {
      round.left.pop_back();
      behind_.reset();
      lost_ = false;
    }
  }
  if (!rounds_.empty()) return (void)shard_.post([this] { go_on(); });
  if (std::exchange(all_again_, false)) start(nullptr);
}

bool Recheck::wanted(const Round& round, const Subscriber& subscriber) {
  if (subscriber.subscriptions.empty() || !subscriber.identity()) return false;
  return round.only == nullptr || (static_cast<std::int32_t>(subscriber.name_space()) == round.name_space &&
                                   round.only->names.contains(subscriber.identity()->name()));
}

// Whether the next one is done with.
bool Recheck::next(const Round& round, std::size_t& questions) {
  Subscriber* const subscriber = router_.subscribers().find(round.left.back());
  if (subscriber == nullptr || !wanted(round, *subscriber)) {
    --questions;
    return true;
  }
  lost_ = !router_.still_may(*subscriber, behind_, questions) || lost_;
  if (behind_) return false;
  if (!lost_) return true;
  subscriber->drop_unmatched();
  shard_.count(revoked_, 1);
  if (subscriber->connection() != nullptr) subscriber->connection()->revoke(TRELLIS_CLOSE_RIGHTS);
  return true;
}

}  // namespace trellis::kernel
