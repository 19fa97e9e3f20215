/// Where the dead letters of the event subscriptions of one shard go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "dead_letter.hpp"
#include "destination.hpp"
#include "seldom.hpp"

namespace events_service {

struct SubscriptionSettings;
class TopicsHere;

/// Everything is for its shard.
///
/// A topic that dead letters go to may have subscriptions whose own go to a third one. They never go in a circle: one
/// subscription that doubles its events each time around would fill every queue. check_resource() refuses what would
/// close a circle, and where one came about all the same, by resources that were made together, letters do not move.
class DeadLettersHere final : public DeadLetters {
 public:
  explicit DeadLettersHere(TopicsHere& here) : here_(here) {}

  bool takes(std::uint32_t name_space, std::string_view topic, std::string_view subscription) override;
  void bury(const DeadLetter& letter, std::function<void(bool kept)> done) override;

 private:
  /// Null: it is kept; otherwise what is wrong, a literal.
  using Done = std::function<void(const char* wrong)>;

  std::shared_ptr<const SubscriptionSettings> settings_of(std::uint32_t name_space, std::string_view topic,
                                                          std::string_view subscription) const;
  void to_topic(const DeadLetter& letter, const std::string& name, Done done);
  void to_file(const DeadLetter& letter, const Destination& destination, std::function<void(bool kept)> done);
  void warn(const std::string& topic, const std::string& subscription, const char* wrong);

  TopicsHere& here_;
  Seldom warnings_;
};

/// The folder of a subscription's files, below the plugin's. prefix: of its destination.
std::string letter_folder(std::string_view name_space, std::string_view topic, std::string_view subscription,
                          std::string_view prefix);

}  // namespace events_service
