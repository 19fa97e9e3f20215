/// How a dead letter is written: as an event of a topic, and as a record of a file.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "dead_letter.hpp"

namespace events_service {

/// What an event gets that goes to a topic.
inline constexpr std::array<std::string_view, 5> kLetterAttributes{
    "deadletterreason", "deliveryattempts", "deadlettersource", "publishutc", "deliveryattemptutc"};

/// Why it was given up: a sentence.
std::string_view reason_of(Fate fate) noexcept;
/// What became of its last delivery.
std::string_view result_of(Fate fate, std::uint32_t deliveries, std::uint32_t cause) noexcept;

/// The event with these attributes behind its last member, in place of those it may have of these names: an event that
/// is buried again and again does not grow. Nothing where it is no JSON object.
std::optional<std::string> letter_event(const DeadLetter& letter);
/// As it was before.
std::optional<std::string> without_letter_attributes(std::string_view event);
/// The topic and the subscription of the attribute deadlettersource; nothing where it has none, or none of that form.
struct LetterSource {
  std::string topic;
  std::string subscription;
};
std::optional<LetterSource> source_of(std::string_view event);

/// One element of the array in a file: {"event", "customDeliveryProperties", "deadLetterProperties"}.
std::string letter_record(const DeadLetter& letter);

}  // namespace events_service
