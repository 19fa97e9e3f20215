/// Dead letters go back into the queue of the event subscription they are of.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "directory.hpp"

namespace events_service {

class TopicsHere;

/// As new events, all or none, whatever the subscription's filter says. The topic lives there; done is called once, on
/// that shard, perhaps before this returns.
void put_back(TopicsHere& there, const TopicView& topic, SubscriptionId id, const std::vector<std::string>& events,
              std::function<void(bool kept)> done);

}  // namespace events_service
