#include "watches.hpp"

#include <utility>

namespace system_events {
namespace {

constexpr std::int64_t kDaysOfWarning = 30;

}  // namespace

std::vector<Watch> usual_watches() {
  return {{"Trellis.CertificateExpiring", "trellis_tls_certificate_days", "", kDaysOfWarning},
          {"Trellis.HandlerFailing", "trellis_events_push_pauses_total", "reason=\"failing\""},
          {"Trellis.EventsDeadLettered", "trellis_events_dead_lettered_total", "outcome=\"success\""},
          {"Trellis.DeadLetteringFailed", "trellis_events_dead_lettered_total", "outcome=\"failure\""},
          {"Trellis.EventsDropped", "trellis_events_dropped_total", ""},
          {"Trellis.MessagesDropped", "trellis_messages_dropped_total", ""},
          {"Trellis.SessionsOverflowed", "trellis_subscribers_ended_total", "reason=\"overflow\""},
          {"Trellis.PluginFailed", "trellis_plugin_errors_total", ""},
          {"Trellis.ConfigurationReloaded", "trellis_reloads_total", ""}};
}

void Watches::begin(const common::MetricText& metrics) {
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    if (watches_[i].below) continue;
    metrics.each(watches_[i].metric, [&](std::string_view labels, std::int64_t now) {
      seen_[i].insert_or_assign(std::string(labels), now);
    });
  }
}

void Watches::read(const common::MetricText& metrics, const Tell& tell) {
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    const Watch& watch = watches_[i];
    metrics.each(watch.metric, [&](std::string_view labels, std::int64_t now) {
      if (labels.find(watch.label) == std::string_view::npos) return;
      auto found = seen_[i].find(labels);
      const bool known = found != seen_[i].end();
      const std::int64_t before = known ? found->second : 0;
      if (!known) found = seen_[i].emplace(std::string(labels), now).first;
      found->second = now;
      if (watch.below) {
        // On the way down, and for what is found there.
        if (now < *watch.below && (!known || before >= *watch.below)) tell(watch, labels, before, now);
      } else if (now > before) {
        tell(watch, labels, before, now);
      }
    });
  }
}

}  // namespace system_events
