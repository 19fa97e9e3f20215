#include "letter.hpp"

#include <algorithm>
#include <trellis/json.hpp>

#include "common/stamp/utc_time.hpp"
#include "members.hpp"
#include "settings.hpp"

namespace events_service {
namespace {

bool is_name(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string member(std::string_view name, std::string_view text) {
  return '"' + std::string(name) + "\":" + trellis::json::quote(text);
}

std::string source_text(const DeadLetter& letter) {
  return std::string(letter.topic) + '/' + std::string(letter.subscription);
}

}  // namespace

std::string_view reason_of(Fate fate) noexcept {
  if (fate == Fate::exhausted) return "Maximum delivery attempts was exceeded.";
  if (fate == Fate::refused) return "Undeliverable due to client error";
  return fate == Fate::expired ? "Time to live was exceeded." : "Event was rejected.";
}

std::string_view result_of(Fate fate, std::uint32_t deliveries, std::uint32_t cause) noexcept {
  // As Event Grid's lastDeliveryOutcome has them.
  static constexpr std::array<std::string_view, 16> kCauses{
      "",         "Busy",    "TimedOut",     "SocketError", "ResolutionError", "NotFound",
      "Disabled", "Full",    "Unauthorized", "Forbidden",   "BadRequest",      "PayloadTooLarge",
      "Canceled", "Aborted", "GenericError", "Busy"};
  if (cause > 0 && cause < kCauses.size()) return kCauses[cause];
  if (fate == Fate::rejected) return "Event was rejected.";
  return deliveries == 0 ? "Event was not delivered." : "Event was not acknowledged nor rejected.";
}

std::optional<std::string> letter_event(const DeadLetter& letter) {
  const std::string more = member("deadletterreason", reason_of(letter.fate)) +
                           ",\"deliveryattempts\":" + std::to_string(letter.deliveries) + ',' +
                           member("deadlettersource", source_text(letter)) + ',' +
                           member("publishutc", common::write_utc(letter.published_unix_ms)) + ',' +
                           member("deliveryattemptutc", common::write_utc(letter.last_unix_ms));
  return with_members(letter.event, kLetterAttributes, more);
}

std::optional<std::string> without_letter_attributes(std::string_view event) {
  return with_members(event, kLetterAttributes, {});
}

std::optional<LetterSource> source_of(std::string_view event) {
  const auto members = members_of(event);
  if (!members) return std::nullopt;
  std::string_view text = value_of(*members, "deadlettersource");
  if (text.size() < 2 || text.front() != '"') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  const auto [topic, subscription] = split_name(text);
  // Names have no letter that would be escaped.
  if (!is_name(topic) || !is_name(subscription)) return std::nullopt;
  return LetterSource{std::string(topic), std::string(subscription)};
}

std::string letter_record(const DeadLetter& letter) {
  std::string out;
  out.reserve(letter.event.size() + 512);
  out.append("{\"event\":").append(letter.event);
  out.append(",\"customDeliveryProperties\":").append(letter.custom_properties).append(",\"deadLetterProperties\":{");
  out.append(member("deadletterreason", reason_of(letter.fate)));
  out.append(",\"deliveryattempts\":").append(std::to_string(letter.deliveries)).append(",");
  out.append(member("deliveryresult", result_of(letter.fate, letter.deliveries, letter.cause))).append(",");
  out.append(member("publishutc", common::write_utc(letter.published_unix_ms))).append(",");
  out.append(member("deliveryattemptutc", common::write_utc(letter.last_unix_ms))).append("}}");
  return out;
}

}  // namespace events_service
