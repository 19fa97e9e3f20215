/// The requests that are about dead letters: reading them, and putting them back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "answer.hpp"
#include "common/events/route.hpp"
#include "directory.hpp"

namespace events_service {

class LetterPlace;
class TopicsHere;

/// Everything is for its shard; files are read on the plugin's thread.
class DeadLetterRequests {
 public:
  explicit DeadLetterRequests(TopicsHere& here) : here_(here) {}

  /// Of an operation that is_of_dead_letters(). Whether the client may is settled.
  void answer(const events::Route& route, std::shared_ptr<const TopicView> topic, const SubscriptionEntry& entry,
              Answer answer);

 private:
  void of_files(const events::Route& route, std::shared_ptr<const TopicView> topic, const SubscriptionEntry& entry,
                Answer answer);
  /// The topic lives here.
  void move_back(std::shared_ptr<const TopicView> topic, SubscriptionId id, std::uint32_t most, Answer answer);

  TopicsHere& here_;
};

}  // namespace events_service
