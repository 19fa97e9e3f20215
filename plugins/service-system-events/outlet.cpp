#include "outlet.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <trellis/message.hpp>
#include <utility>

namespace system_events {
namespace {

constexpr std::size_t kMostWaiting = 100'000;
constexpr std::size_t kOfATurn = 256;
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
  const auto found = lines_.find(event.name_space);
  const bool first = found == lines_.end();
  // One that has no room would use up that of the others.
  if ((first ? 0 : found->second.size()) >= kMostWaiting - waiting_) return metrics_.dropped.add(shard_);
  if (first) ready_.push_back(event.name_space);
  auto& line = first ? lines_[event.name_space] : found->second;
  line.push_back(std::move(event));
  ++waiting_;
  if (first) go_on(std::chrono::milliseconds(0), soon_);
}

void Outlet::go_on(std::chrono::milliseconds wait, trellis::Timer& timer) {
  if (timer.waiting()) return;
  timer = shard_.after(wait, [this, of_held = &timer == &again_] {
    if (of_held) std::ranges::move(std::exchange(held_, {}), std::back_inserter(ready_));
    publish_some(kOfATurn);
  });
}

void Outlet::flush() {
  std::ranges::move(std::exchange(held_, {}), std::back_inserter(ready_));
  publish_some(SIZE_MAX);
}

// One of each namespace in turn. Whoever is told of one may tell of others meanwhile.
void Outlet::publish_some(std::size_t most) {
  for (; most > 0 && !ready_.empty(); --most) {
    std::string name = std::move(ready_.front());
    ready_.pop_front();
    const auto line = lines_.find(name);
    if (!publish(line->second.front())) {
      held_.push_back(std::move(name));
      continue;
    }
    line->second.pop_front();
    --waiting_;
    if (line->second.empty()) {
      lines_.erase(line);
    } else {
      ready_.push_back(std::move(name));
    }
  }
  if (!ready_.empty()) go_on(std::chrono::milliseconds(0), soon_);
  if (!held_.empty()) go_on(kAgain, again_);
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
