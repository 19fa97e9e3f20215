#include "topics_here.hpp"

#include <algorithm>

#include "at_home.hpp"
#include "events_service.hpp"

namespace events_service {
namespace {

constexpr std::chrono::milliseconds kTakeOver{1'000};

}  // namespace

TopicsHere::TopicsHere(Events& plugin, trellis::Shard& shard)
    : plugin_(plugin),
      shard_(shard),
      tables_(shard.host()),
      tokens_(events::LockTokens::make(plugin.token_key()).value()),
      access_(plugin.access(), shard),
      dead_letters_(*this),
      dead_letter_requests_(*this),
      streams_(*this),
      here_{plugin.settings(),
            plugin.metrics(),
            tables_,
            shard_,
            tokens_,
            &dead_letters_,
            {shard_, shard.host().table<trellis_host_handler>(), plugin.handlers(), plugin.push_metrics(),
             plugin.settings().push_failures, &plugin.consent_states()},
            &streams_,
            shard_.host().table<trellis_host_message>(),
            0,
            {},
            {}},
      directory_(plugin.directory().current()),
      version_(plugin.directory().version()),
      routes_(*this, tables_),
      bridge_(shard_, plugin.settings().intake),
      intake_(plugin.settings().intake),
      basic_intake_(plugin.settings().intake, plugin.settings().basic_events),
      settle_(plugin.settings().settle) {
  if (plugin.settings().audit) audit_.emplace(shard_, *plugin.settings().audit);
  plugin.enter(shard.index(), this);
  if (shard.index() != 0) return;
  expiry_.emplace(shard_);
  expiry_->follow_soon(directory_);
}

TopicsHere::~TopicsHere() { plugin_.enter(shard_.index(), nullptr); }

// ---- what there is

void TopicsHere::refresh() {
  if (draining_ || version_ == plugin_.directory().version()) return;
  version_ = plugin_.directory().version();
  const auto before = std::exchange(directory_, plugin_.directory().current());
  const auto directory = directory_;
  end_removed(*before, *directory);
  for (const auto& [key, topic] : directory->topics) {
    const auto old = before->topics.find(key);
    if (old != before->topics.end() && old->second == topic) continue;
    for (const SubscriptionEntry& entry : topic->subscriptions) {
      if (Subscription* const here = known(entry.id)) here->follow(*topic, entry);
    }
  }
  if (expiry_) expiry_->follow(directory_);
  open_push();
  routes_.follow(*std::shared_ptr(directory_));
}

// Of topics that are as they were nothing was removed.
void TopicsHere::end_removed(const Directory& before, const Directory& now) {
  std::vector<std::unique_ptr<Subscription>> gone;
  for (const auto& [key, topic] : before.topics) {
    const auto next = now.topics.find(key);
    if (next != now.topics.end() && next->second == topic) continue;
    std::unordered_set<SubscriptionId> left;
    if (next != now.topics.end()) {
      for (const SubscriptionEntry& entry : next->second->subscriptions) left.insert(entry.id);
    }
    for (const SubscriptionEntry& entry : topic->subscriptions) {
      const auto here = subscriptions_.find(entry.id);
      if (left.contains(entry.id) || here == subscriptions_.end()) continue;
      gone.push_back(std::move(here->second));
      subscriptions_.erase(here);
    }
  }
  for (std::unique_ptr<Subscription>& one : gone) {
    one->end();
    free_later(std::move(one));
  }
}

// Nobody has to publish before a destination is asked whether it wants events.
void TopicsHere::open_push() {
  for (const auto& [key, topic] : std::shared_ptr(directory_)->topics) {
    if (topic->home->shard.load(std::memory_order_relaxed) != shard_.index()) continue;
    for (const SubscriptionEntry& entry : topic->subscriptions) {
      if (entry.settings->push && !subscriptions_.contains(entry.id)) find(*topic, entry.id);
    }
  }
}

void TopicsHere::free_later(std::unique_ptr<Subscription> ended) {
  over_.push_back(std::move(ended));
  free_over_ = shard_.after(std::chrono::milliseconds(0), [this] { over_.clear(); });
}

trellis::http::Client& TopicsHere::storage_client() {
  if (!storage_client_) {
    trellis::http::ClientSettings settings;
    settings.http2 = plugin_.settings().dead_letter_http2;
    settings.user_agent = "trellis-dead-letters/1.0";
    storage_client_.emplace(shard_, settings, plugin_.storage_metrics());
  }
  return *storage_client_;
}

Subscription* TopicsHere::known(SubscriptionId id) const {
  const auto found = subscriptions_.find(id);
  return found == subscriptions_.end() ? nullptr : found->second.get();
}

Subscription* TopicsHere::find(const TopicView& topic, SubscriptionId id) {
  const auto found = subscriptions_.find(id);
  if (found != subscriptions_.end() && found->second->handle() != nullptr) return found->second.get();
  if (draining_) return nullptr;  // another instance has it
  if (found != subscriptions_.end()) {
    if (found->second->stopped()) return nullptr;
    // Another instance had it for a moment.
    free_later(std::move(found->second));
    subscriptions_.erase(found);
  }
  const auto now = directory_->find(topic.name_space, topic.name);
  if (now == nullptr) return nullptr;
  const auto entry = std::ranges::find(now->subscriptions, id, &SubscriptionEntry::id);
  if (entry == now->subscriptions.end()) return nullptr;
  Subscription* const made =
      subscriptions_.emplace(id, std::make_unique<Subscription>(here_, *now, *entry)).first->second.get();
  if (const auto opened = made->open(); !opened) {
    if (opened.error().status == trellis::Status::unavailable) {  // it lives elsewhere: whoever asks again finds it
      now->home->shard = (shard_.index() + 1) % shard_.host().shard_count();
    }
    shard_.host().log(trellis::Level::error, opened.error().text,
                      {{"topic", topic.name}, {"subscription", entry->name}});
    subscriptions_.erase(id);
    return nullptr;
  }
  return made;
}

trellis_status TopicsHere::restore(trellis_subscriber* subscriber, const trellis_kept_subscriber& kept,
                                   const trellis_receiver** receiver, void** user) {
  refresh();
  const auto [topic_name, name] = Subscription::names_in(trellis::text(kept.name));
  if (topic_name.empty()) return routes_.restore(*directory_, subscriber, kept, receiver, user);
  const auto topic = directory_->find(kept.name_space, topic_name);
  const SubscriptionEntry* const entry = topic == nullptr ? nullptr : topic->find(name);
  if (entry == nullptr) return TRELLIS_NO_MATCH;
  const bool first = plugin_.settle_home(*topic, shard_.index());
  if (!first && topic->home->shard != shard_.index()) {
    shard_.host().log(trellis::Level::error,
                      "an event subscription does not live where its topic does, and stays in the store",
                      {{"topic", topic_name}, {"subscription", name}});
    return TRELLIS_NO_MATCH;
  }
  auto made = std::make_unique<Subscription>(here_, *topic, *entry);
  std::tie(*receiver, *user) = made->take(subscriber);
  subscriptions_.emplace(entry->id, std::move(made));
  return TRELLIS_OK;
}

// Subscriptions that nobody asks for have their times, too. One that lives on another shard says so when it is opened.
void TopicsHere::take_over(std::uint32_t tries) {
  refresh();
  for (const auto& [key, topic] : std::shared_ptr(directory_)->topics) {
    if (topic->home->shard.load(std::memory_order_relaxed) != shard_.index()) continue;
    for (const SubscriptionEntry& entry : topic->subscriptions) find(*topic, entry.id);
  }
  routes_.follow(*std::shared_ptr(directory_));
  if (tries > 1) begin_ = shard_.after(kTakeOver, [this, tries] { take_over(tries - 1); });
}

void TopicsHere::lenders_changed() {
  if (draining_) return;
  routes_.follow(*std::shared_ptr(directory_));
  routes_.lenders_changed();
  std::vector<Subscription*> all;
  for (auto& [id, subscription] : subscriptions_) all.push_back(subscription.get());
  for (Subscription* const one : all) one->lenders_changed();
  open_push();
  // What another instance of the plugin left is taken over once nobody asks that one any more; what outlived the
  // process is here by now.
  begin_ = shard_.after(kTakeOver, [this] { take_over(shard_.host().shard_count() + 2); });
}

void TopicsHere::drain() {
  draining_ = true;
  routes_.drain();
  streams_.drain();
  begin_.cancel();
  expiry_.reset();
  // Who is answered may ask again at once.
  std::vector<Subscription*> all;
  for (auto& [id, subscription] : subscriptions_) all.push_back(subscription.get());
  for (Subscription* const one : all) one->drain();
  if (audit_) audit_->write();
}

}  // namespace events_service
