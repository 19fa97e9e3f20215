#include "shard_services.hpp"

#include <trellis/abi/message.h>

#include <trellis/resources.hpp>
#include <utility>

namespace lua {

bool RuleCounters::allow(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (names_.contains(name)) return true;
  if (names_.size() >= kMost) return false;
  names_.emplace(name);
  return true;
}

trellis::Metric RuleCounters::declare(const trellis::Host& host, std::string_view name) const {
  return host.counter("trellis_lua_rule_events_total", "What scripts counted themselves, by name.",
                      "script=\"" + script_ + "\",name=\"" + std::string(name) + "\"");
}

void ShardServices::log(trellis::Level level, std::string_view text) noexcept {
  if (lines_.take(now())) {
    shard_->host().log(level, text, {{"script", shared_.script}});
  } else {
    shared_.suppressed.add(*shard_);
  }
}

bool ShardServices::count(std::string_view name, std::int64_t amount) noexcept {
  auto found = mine_.find(name);
  if (found == mine_.end()) {
    // Bounded here as well: refused names are not remembered for ever.
    if (mine_.size() >= 2 * RuleCounters::kMost) return false;
    found = mine_.try_emplace(std::string(name)).first;
    Counter& counter = found->second;
    counter.refused = !shared_.counters->allow(name);
    if (!counter.refused) {
      counter.declaring = shard_->after(std::chrono::milliseconds(0), [this, &counter, key = std::string(name)] {
        counter.metric = shared_.counters->declare(shard_->host(), key);
        counter.metric.add(*shard_, std::exchange(counter.waiting, 0));
      });
    }
  }
  Counter& counter = found->second;
  if (counter.refused) return false;
  if (counter.declaring.waiting()) {
    counter.waiting += amount;
  } else {
    counter.metric.add(*shard_, amount);
  }
  return true;
}

// Not within the call: a stage is asked while the broker publishes.
bool ShardServices::publish(OwnedMessage message) noexcept {
  const bool full = waiting_.size() >= kMostWaiting || waiting_bytes_ + message.payload.size() > kMostWaitingBytes;
  if (full || (!message.event_topic.empty() && events_ == nullptr)) {
    shared_.unpublished.add(*shard_);
    return false;
  }
  waiting_bytes_ += message.payload.size();
  waiting_.push_back(std::move(message));
  if (!sending_.waiting()) sending_ = shard_->after(std::chrono::milliseconds(0), [this] { send_waiting(); });
  return true;
}

void ShardServices::send_waiting() {
  const auto* table = shard_->host().table<trellis_host_publish>();
  waiting_bytes_ = 0;
  for (const OwnedMessage& message : std::exchange(waiting_, {})) {
    if (!message.event_topic.empty()) {
      events_->send(*shard_, message);
      continue;
    }
    trellis::Publication publication = message.publication();
    trellis_status status = TRELLIS_UNSUPPORTED;
    publishing_ = true;
    if (table != nullptr) {
      table->publish_as(shard_->handle(), trellis::view(message.name_space), {}, {}, publication.get(), &status, 1);
    }
    publishing_ = false;
    const bool taken = status == TRELLIS_OK || status == TRELLIS_NO_MATCH || status == TRELLIS_DROPPED;
    (taken ? shared_.published : shared_.unpublished).add(*shard_);
  }
}

std::string_view ShardServices::only_namespace() const noexcept {
  const trellis::Host& host = shard_->host();
  return host.namespace_count() == 1 ? host.name_space(0).name : std::string_view();
}

bool ShardServices::find_resource(std::string_view name_space, std::string_view type, std::string_view name,
                                  bool by_key, std::string& json) noexcept {
  const auto take = [&](const trellis::Resource& resource) { json = resource.json(); };
  return by_key ? trellis::with_resource_of_key(shard_->host(), name_space, type, name, take)
                : trellis::with_resource(shard_->host(), name_space, type, name, take);
}

}  // namespace lua
