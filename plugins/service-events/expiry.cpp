#include "expiry.hpp"

#include <trellis/abi/resource.h>

#include <algorithm>
#include <memory>

namespace events_service {
namespace {

constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);  // wall clocks are set now and then

}  // namespace

void Expiry::follow_soon(std::shared_ptr<const Directory> directory) {
  timer_ = shard_.after(std::chrono::milliseconds(0), [this, kept = std::move(directory)] { follow(kept); });
}

void Expiry::follow(std::shared_ptr<const Directory> directory) {
  const std::chrono::milliseconds now = shard_.wall();
  std::chrono::milliseconds next = kLongest;
  bool any = false;
  for (const auto& [key, topic] : directory->topics) {
    for (const SubscriptionEntry& entry : topic->subscriptions) {
      const std::chrono::milliseconds expires = entry.settings->expires;
      if (expires.count() == 0) continue;
      any = true;
      if (expires <= now) {
        remove(*topic, entry);
      } else {
        next = std::min(next, expires - now);
      }
    }
  }
  timer_.cancel();
  // The directory may be another by then: whoever is told of that calls follow() with it.
  if (any) timer_ = shard_.after(next, [this, kept = std::move(directory)] { follow(kept); });
}

void Expiry::remove(const TopicView& topic, const SubscriptionEntry& entry) {
  const auto* const resources = shard_.host().table<trellis_host_resources>();
  const auto before = asked_.find(entry.id);
  const bool first = before == asked_.end() || before->second.revision != entry.revision;
  if (resources == nullptr || (!first && shard_.now() < before->second.again)) return;
  asked_[entry.id] = {entry.revision, shard_.now() + kLongest};
  const std::string name = topic.name + '/' + entry.name;
  trellis_resource_operation operation{};
  operation.struct_size = sizeof operation;
  operation.kind = TRELLIS_RESOURCE_REMOVE;
  operation.name_space = trellis::view(shard_.host().name_space(topic.name_space).name);
  operation.type = trellis::view("eventSubscriptions");
  operation.name = trellis::view(name);
  operation.expected = static_cast<std::int64_t>(entry.revision);  // not one that was given more time meanwhile
  if (first) shard_.host().log(trellis::Level::info, "an event subscription expires", {{"subscription", name}});
  resources->apply(shard_.host().handle(), shard_.handle(), &operation, 1, false, nullptr,
                   [](void*, const trellis_resource_result*, std::uint32_t) {});
}

}  // namespace events_service
