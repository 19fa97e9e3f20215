// Keeps the publishers busy or the schedule kept, and judges what came of it.
#include "event_run.hpp"

#include <algorithm>

namespace trellis::bench {
namespace {

constexpr std::chrono::nanoseconds kLongestWait = std::chrono::milliseconds(20);
// After the last expected event: time for a repetition of it to show.
constexpr std::uint64_t kLingerNs = 50'000'000;

}  // namespace

EventRun::EventRun(const Options& options, std::uint32_t publishers)
    : options_(options),
      publishers_(publishers),
      text_(options.flow.payload),
      engine_(options.flow.broker.host, options.flow.broker.port, *this),
      ledger_(publishers),
      broker_cpu_(options.flow.pid),
      due_(publishers) {}

Result EventRun::run() {
  set_up();
  sending_ = true;
  schedule_start_ = now_ns();
  flow_for(options_.flow.warmup);
  const Mark begin = mark_now();
  if (options_.flow.rate != 0) latency_from_ = begin.time;
  flow_for(options_.flow.duration);
  const Mark end = mark_now();
  sending_ = false;
  drain();
  result_.seconds = static_cast<double>(end.time - begin.time) / 1e9;
  result_.published = end.published - begin.published;
  result_.delivered = end.completed - begin.completed;
  result_.broker_cpu_ns = end.broker_cpu - begin.broker_cpu;
  result_.generator_cpu_ns = end.generator_cpu - begin.generator_cpu;
  Result result = describe_flow(options_.scenario, result_, "event");
  result.figures["events_in_all"] = Json::UInt64{ledger_.sent()};
  result.figures["repeated_and_said_so"] = Json::UInt64{repeated_};
  return result;
}

void EventRun::on_turn() {
  if (!sending_) return;
  if (options_.flow.rate != 0) return send_due(now_ns());
  for (std::uint32_t p = 0; p < publishers_; ++p) {
    while (publish(p, 0)) {
    }
  }
}

void EventRun::flow_for(std::chrono::milliseconds duration) {
  std::uint64_t now = now_ns();
  const std::uint64_t end = now + static_cast<std::uint64_t>(std::chrono::nanoseconds(duration).count());
  std::uint64_t progress_at = now;
  std::uint64_t seen = progress();
  while (now < end && !result_.faults.stalled) {
    engine_.turn(idle_time());
    now = now_ns();
    if (progress() != seen) progress_at = now;
    seen = progress();
    result_.faults.stalled = now - progress_at > options_.events.stall_ns;
  }
}

void EventRun::drain() {
  begin_drain();
  const bool received = !options_.events.publish_only;
  const auto left = [&] { return unanswered() + (received ? ledger_.outstanding() : 0); };
  std::uint64_t last = left();
  std::uint64_t progress_at = now_ns();
  while (last != 0 && now_ns() - progress_at < options_.events.stall_ns) {
    engine_.turn(kLongestWait);
    const std::uint64_t now_left = left();
    if (now_left != last) progress_at = now_ns();
    last = now_left;
  }
  for (const std::uint64_t until = now_ns() + kLingerNs; now_ns() < until;) engine_.turn(kLongestWait);
  if (last != 0) result_.faults.stalled = true;
  if (received) result_.faults.lost = ledger_.undelivered();
  if (last == 0) verify();
}

EventRun::Mark EventRun::mark_now() const {
  return {now_ns(), ledger_.sent(), completed(), broker_cpu_.ns(), generator_cpu_.ns()};
}

std::uint32_t EventRun::send(std::uint32_t publisher, std::uint32_t count, std::uint64_t due) {
  if (due != 0) due_[publisher].insert(due_[publisher].end(), count, due);
  return ledger_.send(publisher, count);
}

void EventRun::delivered(EventId id, std::uint32_t delivery_count) {
  switch (ledger_.deliver(id)) {
    case Delivery::foreign:
      ++result_.faults.misrouted;
      return;
    case Delivery::repeated:
      // A repetition is allowed when it says that it is one.
      ++(delivery_count > 1 ? repeated_ : result_.faults.duplicated);
      return;
    case Delivery::first:
      break;
  }
  record(id);
}

void EventRun::record(EventId id) {
  if (options_.flow.rate == 0) return;
  const std::uint64_t due = due_[id.publisher][id.sequence];
  const std::uint64_t now = engine_.read_time();
  if (due >= latency_from_) result_.latency.record(now > due ? now - due : 0);
}

void EventRun::acknowledged(EventId id) {
  // What the server forgot to have been acknowledged already shows as a repetition, too; it must not pass as progress.
  ledger_.acknowledge(id);
}

void EventRun::send_due(std::uint64_t now) {
  // The schedule never waits for the broker; see Flow::send_due.
  for (;;) {
    const auto due =
        schedule_start_ + static_cast<std::uint64_t>(static_cast<double>(scheduled_) * 1e9 / options_.flow.rate);
    if (due > now) return;
    bool sent = false;
    for (std::uint32_t i = 0; i < publishers_ && !sent; ++i) {
      sent = publish(static_cast<std::uint32_t>((scheduled_ + i) % publishers_), due);
    }
    if (!sent) return;
    ++scheduled_;
  }
}

std::chrono::nanoseconds EventRun::idle_time() const {
  if (options_.flow.rate == 0) return kLongestWait;
  const auto due =
      schedule_start_ + static_cast<std::uint64_t>(static_cast<double>(scheduled_) * 1e9 / options_.flow.rate);
  const std::uint64_t now = now_ns();
  if (due > now) return std::min(kLongestWait, std::chrono::nanoseconds(due - now));
  // Behind schedule with every publisher busy: only an answer can help, and it will wake us.
  return std::chrono::milliseconds(1);
}

}  // namespace trellis::bench
