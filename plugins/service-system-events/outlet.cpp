#include "outlet.hpp"

#include <trellis/message.hpp>
#include <utility>

namespace system_events {
namespace {

constexpr std::size_t kMostWaiting = 100'000;
constexpr std::chrono::seconds kAgain{1};

}  // namespace

OutletMetrics OutletMetrics::declare(const trellis::Host& host) {
  const auto outcome = [&](std::string_view label) {
    return host.counter("trellis_system_events_total", "Events of the broker's own, by what became of them.", label);
  };
  return {outcome("outcome=\"published\""), outcome("outcome=\"unmatched\""), outcome("outcome=\"refused\""),
          outcome("outcome=\"dropped\"")};
}

Outlet::Outlet(const trellis::Shard& shard, std::string prefix, std::string source, const OutletMetrics& metrics)
    : shard_(shard), prefix_(std::move(prefix)), source_(std::move(source)), metrics_(metrics) {}

void Outlet::tell(Event event) {
  if (waiting_.size() >= kMostWaiting) return metrics_.dropped.add(shard_);
  waiting_.push_back(std::move(event));
  if (!soon_.waiting()) soon_ = shard_.after(std::chrono::milliseconds(0), [this] { flush(); });
}

void Outlet::flush() {
  while (!waiting_.empty()) {
    if (!publish(waiting_.front())) {
      soon_ = shard_.after(kAgain, [this] { flush(); });
      return;
    }
    waiting_.pop_front();
  }
}

// False where there is no room for it now, or the store takes nothing.
bool Outlet::publish(const Event& event) {
  const std::string topic = topic_of(prefix_, event.subject);
  const std::string text = cloud_event(event, source_);
  const auto status = trellis::publish(
      shard_, event.name_space,
      trellis::Publication(topic, text).qos(1).content_type("application/cloudevents+json").text_payload());
  if (status == trellis::Status::quota || status == trellis::Status::unavailable) return false;
  if (status == trellis::Status::ok) {
    metrics_.published.add(shard_);
  } else {
    (status == trellis::Status::no_match ? metrics_.unmatched : metrics_.refused).add(shard_);
  }
  return true;
}

}  // namespace system_events
