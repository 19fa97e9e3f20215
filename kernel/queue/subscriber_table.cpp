#include "queue/subscriber_table.hpp"

namespace trellis::kernel {

void SubscriberTable::add(Subscriber& subscriber) {
  by_name_.insert(&subscriber);
  by_id_.emplace(subscriber.id(), &subscriber);
}

void SubscriberTable::remove(Subscriber& subscriber) {
  by_name_.erase(&subscriber);
  by_id_.erase(subscriber.id());
}

Subscriber* SubscriberTable::find(std::uint32_t name_space, std::string_view name) const noexcept {
  const auto found = by_name_.find(Key{name_space, name});
  return found == by_name_.end() ? nullptr : *found;
}

Subscriber* SubscriberTable::find(std::uint64_t id) const noexcept {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<Subscriber*> SubscriberTable::all() const {
  std::vector<Subscriber*> subscribers;
  subscribers.reserve(by_id_.size());
  for (const auto& [id, subscriber] : by_id_) subscribers.push_back(subscriber);
  return subscribers;
}

std::vector<std::uint64_t> SubscriberTable::ids() const {
  std::vector<std::uint64_t> ids;
  ids.reserve(by_id_.size());
  for (const auto& [id, subscriber] : by_id_) ids.push_back(id);
  return ids;
}

void SubscriberTable::shrink_queues() noexcept {
  for (auto& [id, subscriber] : by_id_) subscriber->shrink_queue();
}

}  // namespace trellis::kernel
