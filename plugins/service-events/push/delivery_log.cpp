#include "delivery_log.hpp"

#include <trellis/json.hpp>
#include <trellis/view.hpp>

#include "common/stamp/utc_time.hpp"
#include "dead_letters/letter.hpp"

namespace events_service {
namespace {

// Whole characters.
std::string cut(std::string_view text, std::size_t most) {
  if (text.size() > most) {
    text = text.substr(0, most);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) text.remove_suffix(1);
  }
  return std::string(text);
}

}  // namespace

void DeliveryLog::failed(std::int64_t unix_ms, std::string_view event, std::uint32_t attempts,
                         const trellis_delivery_result& result) {
  const bool refused = result.outcome == TRELLIS_DELIVERY_REFUSED;
  ++(refused ? refused_ : failed_);
  if (failures_.size() == kFailures) failures_.pop_front();
  failures_.push_back({unix_ms, cut(event, kIdentifierBytes), cut(trellis::text(result.reason), kReasonBytes),
                       result.cause, result.code, attempts, refused});
}

void DeliveryLog::append(std::string& json) const {
  json.append(R"("delivered":)").append(std::to_string(delivered_));
  json.append(R"(,"failed":)").append(std::to_string(failed_));
  json.append(R"(,"refused":)").append(std::to_string(refused_));
  json.append(R"(,"lastDelivered":)");
  json.append(last_delivered_ms_ == 0 ? "null" : trellis::json::quote(common::write_utc(last_delivered_ms_)));
  json.append(R"(,"recentFailures":[)");
  for (auto one = failures_.rbegin(); one != failures_.rend(); ++one) {
    if (one != failures_.rbegin()) json += ',';
    json.append(R"({"time":)").append(trellis::json::quote(common::write_utc(one->unix_ms)));
    json.append(R"(,"id":)").append(trellis::json::quote(one->event));
    json.append(R"(,"outcome":)").append(one->refused ? R"("refused")" : R"("failed")");
    const std::uint32_t cause = one->cause != 0 ? one->cause : std::uint32_t{TRELLIS_CAUSE_OTHER};
    json.append(R"(,"lastDeliveryOutcome":)").append(trellis::json::quote(result_of(Fate::exhausted, 1, cause)));
    if (one->code != 0) json.append(R"(,"code":)").append(std::to_string(one->code));
    json.append(R"(,"attempts":)").append(std::to_string(one->attempts));
    json.append(R"(,"reason":)").append(trellis::json::quote(one->reason)) += '}';
  }
  json += ']';
}

}  // namespace events_service
