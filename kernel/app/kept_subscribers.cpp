#include "app/kept_subscribers.hpp"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <trellis/keeping/bytes.hpp>
#include <trellis/runtime/log.hpp>

#include "app/broker.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

// How the process before numbered what was on its way between its shards.
constexpr char kShardsKey = 'i';  // before the number of its first queue
constexpr std::uint32_t kFormat = 1;

std::string shards_key(std::uint64_t first_inbox) {
  std::string key(1, kShardsKey);
  add_bytes(key, first_inbox);
  return key;
}

constexpr std::uint32_t kAtOnce = 256;  // messages on their way that are read together
constexpr std::uint64_t kBytesAtOnce = 1024 * 1024;
constexpr std::chrono::seconds kReadingPatience{30};
// Above all numbers given before, also where nothing is left to tell them.
std::uint64_t number_of_now() { return static_cast<std::uint64_t>(unix_ms()) << 20; }

constexpr std::uint64_t kBesides = 60;  // bytes of a kept message that no limit counts, about

}  // namespace

void KeptSubscribers::take(const trellis_store_queue& queue) {
  queues_[queue.queue] = {queue.last, queue.entries, queue.bytes,
                          std::vector<std::uint32_t>(queue.marks, queue.marks + queue.mark_count)};
}

bool KeptSubscribers::take(std::string_view key, std::string_view value) {
  if (key.starts_with(kShardsKey)) {
    BytesReader reader(value);
    const auto record = reader.value<Shards>();
    understood_ = understood_ && reader.done() && record.format == kFormat;
    if (understood_) before_.push_back(record);
    return understood_;
  }
  const std::size_t end = key.find('\0');
  if (!key.starts_with(SubscriberRecord::kKey) || end == key.npos) return false;
  const auto record = SubscriberRecord::decode(value);
  understood_ = understood_ && record.has_value();
  if (!record) return false;
  const std::string_view name_space = key.substr(1, end - 1);
  for (const auto& space : routers_.namespaces) {
    if (space->name != name_space) continue;
    if (settings_[space->index].durability.of_session(key.substr(end + 1)) <= TRELLIS_DURABILITY_VOLATILE) {
      over_.emplace_back(key);
      return true;
    }
    used_.push_back(record->queue);
    subscribers_.push_back({space->index, record->home, std::string(key.substr(end + 1)), std::string(value)});
    return true;
  }
  used_.push_back(record->queue);
  ++left_;
  return true;
}

const KeptSubscribers::Shards* KeptSubscribers::inbox(std::uint64_t queue) const noexcept {
  for (const Shards& one : before_) {
    if (queue >= one.first_inbox && queue < one.first_inbox + Routers::kMostShards * Routers::kMostShards) return &one;
  }
  return nullptr;
}

void KeptSubscribers::begin(Keeper& keeper) {
  std::sort(used_.begin(), used_.end());
  std::uint64_t largest = used_.empty() ? 0 : used_.back();
  for (const auto& [queue, found] : queues_) {
    largest = std::max(largest, queue);
    if (understood_ && inbox(queue) == nullptr && !std::binary_search(used_.begin(), used_.end(), queue))
      keeper.drop(TRELLIS_DURABILITY_WRITTEN, queue);
  }
  on_the_way_ = !on_the_way().empty();
  for (const std::string& key : over_) keeper.remove(TRELLIS_DURABILITY_WRITTEN, key);
  const std::uint64_t first = std::max(largest + 1, number_of_now());
  routers_.first_inbox = first;
  routers_.next_queue = first + Routers::kMostShards * Routers::kMostShards;
  std::string value;
  add_bytes(value, Shards{kFormat, 0, first});
  keeper.put(TRELLIS_DURABILITY_WRITTEN, shards_key(first), value);
}

void KeptSubscribers::end(ShardContext& context) {
  if (!understood_) return;
  for (const std::uint64_t id : moved_[context.shard.index()]) {
    Subscriber* const subscriber = context.router.subscribers().find(id);
    if (subscriber == nullptr) continue;
    subscriber->kept()->home = context.shard.index();
    subscriber->touch();
  }
  if (context.shard.index() != 0) return;
  for (const auto& [queue, facts] : queues_) {
    if (inbox(queue) != nullptr) context.keeper.drop(TRELLIS_DURABILITY_WRITTEN, queue);
  }
  for (const Shards& one : before_) context.keeper.remove(TRELLIS_DURABILITY_WRITTEN, shards_key(one.first_inbox));
}

std::vector<KeptSubscribers::OnTheWay> KeptSubscribers::on_the_way() const {
  std::vector<OnTheWay> found;
  for (const auto& [queue, facts] : queues_) {
    const Shards* const of = inbox(queue);
    if (of != nullptr && facts.entries > 0)
      found.push_back({queue, static_cast<std::uint32_t>((queue - of->first_inbox) % Routers::kMostShards)});
  }
  return found;
}

Subscriber* KeptSubscribers::receiver(ShardContext& context, std::uint64_t queue) const {
  const auto& known = by_queue_[context.shard.index()];
  const auto found = known.find(queue);
  return found == known.end() ? nullptr : context.router.subscribers().find(found->second);
}

void KeptSubscribers::restore(ShardContext& context, const Instances& instances) {
  for (Kept& kept : subscribers_) {
    if (kept.home % routers_.by_shard.size() != context.shard.index()) continue;
    const auto record = SubscriberRecord::decode(kept.value);
    const auto owner = instances.find(std::string(record->owner));
    ++(owner != instances.end() && restore(context, *owner->second, kept, *record) ? restored_ : left_);
    for (std::string* text : {&kept.name, &kept.value}) std::string().swap(*text);  // there may be millions
  }
}

// False where nobody takes it.
bool KeptSubscribers::restore(ShardContext& context, const Instance& instance, const Kept& kept,
                              const SubscriberRecord& record) {
  const auto* const restorer = instance.table<trellis_restorer>(TRELLIS_RESTORER);
  if (restorer == nullptr) return false;
  Router& router = context.router;
  const auto index = kept.name_space;
  Homes::Key owner = 0;
  IdentityPtr identity;
  if (record.identified) {
    identity =
        IdentityPtr(new Identity(record.identity, record.authenticator, record.attributes.data(),
                                 static_cast<std::uint32_t>(record.attributes.size()), 0, record.identity_flags));
    if (!record.identity.empty()) owner = Homes::key(index, record.identity);
    if (owner != 0) router.owners().hold_up_to(owner, 0);
  }
  Subscriber& subscriber = router.open(index, kept.name, record.limits, owner);
  KeptQueue& queue =
      subscriber.keep(context.keeper, settings_[index].durability.of_session(kept.name), record.queue, record.owner);
  queue.home = record.home;
  queue.expiry_ms = record.expiry_ms;
  if (on_the_way_) by_queue_[context.shard.index()].emplace(record.queue, subscriber.id());
  if (record.home != context.shard.index()) moved_[context.shard.index()].push_back(subscriber.id());
  const auto found = queues_.find(record.queue);
  static const Found nothing{};
  const Found& facts = found == queues_.end() ? nothing : found->second;
  queue.restore(std::max(facts.last, number_of_now()), facts.entries,
                facts.bytes - std::min(facts.bytes, facts.entries * kBesides));
  if (!record.memo.empty()) subscriber.memo = std::make_unique<std::string>(record.memo);
  subscriber.set_window_bytes(record.window_bytes);
  const std::int64_t now = context.shard.wall_ms();
  queue.away_since_ms = record.away_since_ms == 0 ? now : record.away_since_ms;
  const std::uint64_t away = static_cast<std::uint64_t>(std::max<std::int64_t>(now - queue.away_since_ms, 0));
  const trellis_kept_subscriber about{sizeof about,
                                      index,
                                      view_of(kept.name),
                                      view_of(record.memo),
                                      facts.marks.data(),
                                      static_cast<std::uint32_t>(facts.marks.size()),
                                      0,
                                      away};
  const trellis_receiver* receiver = nullptr;
  void* user = nullptr;
  if (restorer->restore(instance.shard_state(context.shard.index()), &subscriber, &about, &receiver, &user) !=
      TRELLIS_OK) {
    queue.leave();
    queue.forget_unread();
    router.close(subscriber);
    return false;
  }
  subscriber.set_receiver(receiver, instance.shard_state(context.shard.index()), user);
  bool shares = false;
  for (const auto& subscription : record.subscriptions) {
    router.restore(subscriber, subscription);
    shares = shares || !subscription.group.empty();
  }
  for (const auto& one : record.replays) {
    subscriber.replay_from(one.filter, {std::string(one.behind), 0, one.identifier, one.qos, one.no_local != 0});
  }
  context.shard.count(router.name_space(index).queue_metrics.matched, static_cast<std::int64_t>(facts.entries));
  const std::uint64_t left = record.expiry_ms - std::min(record.expiry_ms, away);
  const bool read_all = shares && facts.entries > 0;
  const std::uint64_t expires_in = record.expiry_ms == UINT64_MAX ? UINT64_MAX : left;
  if (read_all) reading_[context.shard.index()].push_back({subscriber.id(), expires_in});
  subscriber.restored(std::move(identity), read_all, read_all ? UINT64_MAX : expires_in);
  return true;
}

bool KeptSubscribers::reading(ShardContext& context) const {
  return std::ranges::any_of(reading_[context.shard.index()], [&](const Reading& one) {
    const Subscriber* const subscriber = context.router.subscribers().find(one.subscriber);
    return subscriber != nullptr && subscriber->kept()->read_all;
  });
}

void KeptSubscribers::let_expire(ShardContext& context) const {
  for (const Reading& one : reading_[context.shard.index()]) {
    Subscriber* const subscriber = context.router.subscribers().find(one.subscriber);
    if (subscriber != nullptr && one.expires_in_ms != UINT64_MAX) subscriber->arm_expiry(one.expires_in_ms);
  }
}

// Before clients come, and before anybody publishes.
void Broker::restore_subscribers() {
  if (kept_subscribers_ == nullptr) return;
  KeptSubscribers& kept = *kept_subscribers_;
  on_each_shard([&](ShardContext& context) {
    if (context.shard.index() == 0) kept.begin(context.keeper);
  });
  on_each_shard([&](ShardContext& context) { kept.restore(context, instances_); });
  const auto deadline = std::chrono::steady_clock::now() + kReadingPatience;
  for (std::atomic<bool> reading = true; reading && std::chrono::steady_clock::now() < deadline;) {
    reading = false;
    on_each_shard([&](ShardContext& context) {
      if (kept.reading(context)) reading = true;
    });
    if (reading) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  on_each_shard([&](ShardContext& context) { kept.let_expire(context); });
  for (const KeptSubscribers::OnTheWay& one : kept.on_the_way()) {
    for (std::uint64_t after = 0; take_what_was_on_its_way(one.queue, one.to, after);) continue;
  }
  on_each_shard([&](ShardContext& context) {
    kept.end(context);
    context.recheck.start(nullptr);
  });
  if (kept.restored() + kept.left() > 0) {
    log::info("app", "subscribers restored",
              {{"subscribers", std::to_string(kept.restored())}, {"left_in_the_store", std::to_string(kept.left())}});
  }
  kept_subscribers_.reset();
  // What was collected lay in small pieces between what stays: with a million sessions the allocator would keep 300 MB.
  ::malloc_trim(0);
}

// Some entries of one queue; false when there were none.
bool Broker::take_what_was_on_its_way(std::uint64_t queue, std::uint32_t home, std::uint64_t& after) {
  const auto read = std::make_shared<std::promise<std::vector<KeptEntry>>>();
  // The shard that goes on for the one it was meant for, so that it is taken from here with the same change.
  ShardContext& reader = *shards_[home % shards_.size()];
  reader.shard.post([&reader, read, queue, after] {
    reader.keeper.read(queue, after, kAtOnce, kBytesAtOnce,
                       [read](std::vector<KeptEntry>& entries) { read->set_value(std::move(entries)); });
  });
  auto answer = read->get_future();
  if (answer.wait_for(kReadingPatience) != std::future_status::ready) {
    log::error("app", "messages that were on their way between shards cannot be read; they stay in the store");
    kept_subscribers_->leave_the_rest();
    return false;
  }
  const std::vector<KeptEntry> entries = answer.get();
  if (entries.empty()) return false;
  on_each_shard([&](ShardContext& context) {
    if (&context != &reader) return;
    for (const KeptEntry& entry : entries) {
      BytesReader extra(entry.extra);
      const auto about = extra.value<InboxExtra>();
      const std::string_view name = std::string_view(entry.extra).substr(entry.extra.size() - extra.left());
      const std::int32_t index = context.router.namespace_index(name);
      if (index < 0 || !entry.message) continue;
      context.router.take_kept(context.router.name_space(static_cast<std::uint32_t>(index)), about, *entry.message,
                               home, kept_subscribers_->receiver(context, about.queue));
    }
    context.keeper.settle(TRELLIS_DURABILITY_WRITTEN, queue, entries.front().number, entries.back().number, false);
  });
  after = entries.back().number;
  return true;
}

}  // namespace trellis::kernel
