#include "put_back.hpp"

#include "topics_here.hpp"

namespace events_service {

void put_back(TopicsHere& there, const TopicView& topic, SubscriptionId id, const std::vector<std::string>& events,
              std::function<void(bool kept)> done) {
  there.refresh();
  Batch batch;
  for (const std::string& event : events) {
    batch.wanted.push_back({static_cast<std::uint32_t>(batch.events.size()), id});
    batch.events.push_back(event);
  }
  if (!there.keep(topic, batch, done)) done(false);
}

}  // namespace events_service
