// Answers one shard remembers: of the same client about the same topic, as long as nothing changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <trellis/authorizer.hpp>
#include <vector>

namespace topic_spaces {

/// Each question has one place, which it shares with others: whoever asked last is remembered. Nothing is allocated
/// once the places have held long topics.
class Decisions {
 public:
  /// The room is taken when it is first needed.
  explicit Decisions(std::size_t places) : most_(places) {}

  /// As of when an answer holds.
  struct Moment {
    std::uint64_t epoch;    // of the rights
    std::uint32_t version;  // of the client's name
    bool operator==(const Moment&) const = default;
  };

  struct Question {
    Question(const trellis::AccessRequest& request, const Moment& now) noexcept
        : identity(request.identity().id()),
          moment(now),
          action(static_cast<std::uint32_t>(request.action())),
          topic(request.topic()),
          name_space(request.name_space()) {}
    std::uint64_t identity;
    Moment moment;
    std::uint32_t action;
    std::string_view topic;
    std::string_view name_space;
  };

  /// Access::unset where it is not remembered.
  trellis::Access find(const Question& question) const noexcept {
    if (places_.empty()) return trellis::Access::unset;
    const Place& place = places_[index_of(question)];
    const bool same = place.identity == question.identity && place.moment == question.moment &&
                      place.action == question.action && place.topic == question.topic &&
                      place.name_space == question.name_space;
    return same ? place.answer : trellis::Access::unset;
  }

  void keep(const Question& question, trellis::Access answer) {
    if (most_ == 0 || question.topic.size() > kLongestTopic) return;
    if (places_.empty()) places_.resize(most_);
    Place& place = places_[index_of(question)];
    place.identity = 0;  // of nobody, should there be no memory for the topic
    place.topic = question.topic;
    place.name_space = question.name_space;
    place.moment = question.moment;
    place.action = question.action;
    place.answer = answer;
    place.identity = question.identity;
  }

 private:
  static constexpr std::size_t kLongestTopic = 1024;
  struct Place {
    std::uint64_t identity = 0;
    Moment moment{};
    std::uint32_t action = 0;
    trellis::Access answer = trellis::Access::unset;
    std::string topic;
    std::string name_space;
  };
  std::size_t index_of(const Question& question) const noexcept {
    const std::uint64_t hash =
        std::hash<std::string_view>{}(question.topic) ^ (question.identity * 4 + question.action) * 0x9E3779B97F4A7C15u;
    return (hash ^ hash >> 29) % places_.size();
  }

  std::size_t most_;
  std::vector<Place> places_;
};

}  // namespace topic_spaces
