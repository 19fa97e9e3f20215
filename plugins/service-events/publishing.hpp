/// Events on their way to the subscriptions of a topic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/shard.hpp>
#include <vector>

#include "directory.hpp"

namespace events_service {

/// The events of one request, and who wants each.
struct Batch {
  struct Wanted {
    std::uint32_t event;  // its index
    SubscriptionId by;
  };
  std::vector<std::string_view> events;  // in their stored form
  std::vector<Wanted> wanted;            // in the order of events
  std::size_t unmatched = 0;             // events that nobody wants
  std::vector<SubscriptionId> ids;       // for add()

  void clear() {
    events.clear();
    wanted.clear();
    unmatched = 0;
  }
  /// seen: the same event, for filters.
  void add(std::string_view event, const cloud_event::Event& seen, const cloud_event::FilterSet& filters) {
    ids.clear();
    filters.find(seen, ids);
    unmatched += ids.empty() ? 1 : 0;
    for (const SubscriptionId id : ids) wanted.push_back({static_cast<std::uint32_t>(events.size()), id});
    events.push_back(event);
  }
  /// Takes out what predicates of the topic's subscriptions do not let pass. False where one of them cannot say.
  /// [shard]
  bool choose(const trellis::Shard& shard, const TopicView& topic);
};

/// A copy that outlives the request.
class OwnedBatch {
 public:
  explicit OwnedBatch(const Batch& from) : batch_(from) {
    std::size_t size = 0;
    for (const std::string_view event : from.events) size += event.size();
    bytes_.reserve(size);
    for (std::string_view& event : batch_.events) {
      const std::size_t at = bytes_.size();
      bytes_.append(event);
      event = {bytes_.data() + at, event.size()};
    }
  }
  OwnedBatch(const OwnedBatch&) = delete;
  OwnedBatch& operator=(const OwnedBatch&) = delete;
  const Batch& get() const noexcept { return batch_; }

 private:
  std::string bytes_;
  Batch batch_;
};

}  // namespace events_service
