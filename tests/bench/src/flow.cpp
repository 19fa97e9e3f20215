// Runs a flow: keeps the windows full or the schedule kept, and checks every delivery.
#include "flow.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>

namespace trellis::bench {
namespace {

constexpr std::chrono::nanoseconds kLongestWait = std::chrono::milliseconds(20);
// A run in which nothing arrives for this long will not go on; what is missing then counts as lost.
constexpr std::uint64_t kStallNs = 3'000'000'000;
// After the last expected message: time for a duplicate of it to show.
constexpr std::uint64_t kLingerNs = 50'000'000;

std::uint32_t low_water(const FlowOptions& options) {
  const std::uint32_t refill = options.refill != 0 ? options.refill : (options.window + 1) / 2;
  return options.window - std::min(refill, options.window);
}

std::size_t exact_streams(const Topology& topology) {
  return topology.spread() ? 0 : std::size_t{topology.subscribers()} * topology.publishers();
}

}  // namespace

Flow::Flow(const FlowOptions& options, Topology& topology, SideTask* side)
    : options_(options),
      topology_(topology),
      side_(side),
      publishers_count_(topology.publishers()),
      subscribers_count_(topology.subscribers()),
      low_water_(low_water(options)),
      engine_(options.broker, *this),
      broker_cpu_(options.pid),
      shape_{options.protocol, options.qos, false, options.payload},
      streams_(exact_streams(topology)),
      order_(topology.spread() ? std::size_t{subscribers_count_} * publishers_count_ : 0) {}

FlowResult Flow::run() {
  set_up();
  sending_ = true;
  schedule_start_ = now_ns();
  for (std::uint32_t p = 0; p < publishers_count_ && options_.rate == 0; ++p) fill(p);
  flow_for(options_.warmup);
  const Mark begin = mark_now();
  if (options_.rate != 0) latency_from_ = begin.time;
  flow_for(options_.duration);
  const Mark end = mark_now();
  drain();
  count_missing();
  engine_.close_all();
  result_.seconds = static_cast<double>(end.time - begin.time) / 1e9;
  result_.published = end.published - begin.published;
  result_.delivered = end.delivered - begin.delivered;
  result_.broker_cpu_ns = end.broker_cpu - begin.broker_cpu;
  result_.generator_cpu_ns = end.generator_cpu - begin.generator_cpu;
  return result_;
}

void Flow::set_up() {
  ConnectOptions connect;
  connect.protocol = options_.protocol;
  connect.receive_maximum = options_.receive_maximum;
  connect.persistent = options_.persistent;
  connect.client_id = "bench-" + std::to_string(::getpid()) + "-";
  const auto clients = connect_many(engine_, subscribers_count_ + publishers_count_, connect);
  for (std::uint32_t s = 0; s < subscribers_count_; ++s) {
    subscribe_all(engine_, *clients[s], options_.qos, topology_.filters(s));
  }
  // Room beyond the window: with several receivers messages are not always settled in order.
  const std::uint32_t slots = options_.rate != 0 ? Publisher::kMaxSlots : std::max(64U, 4 * options_.window);
  for (std::uint32_t p = 0; p < publishers_count_; ++p) {
    publishers_.emplace_back(*clients[subscribers_count_ + p], std::min(slots, Publisher::kMaxSlots));
  }
  if (side_ != nullptr) side_->start(engine_);
}

void Flow::flow_for(std::chrono::milliseconds duration) {
  std::uint64_t now = now_ns();
  const std::uint64_t end = now + static_cast<std::uint64_t>(std::chrono::nanoseconds(duration).count());
  std::uint64_t progress_at = now;
  std::uint64_t seen = delivered_;
  while (now < end && !result_.faults.stalled) {
    engine_.turn(idle_time());
    now = now_ns();
    if (delivered_ != seen) {
      seen = delivered_;
      progress_at = now;
    }
    result_.faults.stalled = now - progress_at > kStallNs;
  }
}

void Flow::drain() {
  sending_ = false;
  const auto outstanding = [this] {
    std::uint64_t sum = engine_.subscribing();
    for (const auto& publisher : publishers_) sum += publisher.outstanding();
    return sum;
  };
  std::uint64_t last = outstanding();
  std::uint64_t progress_at = now_ns();
  while (last != 0 && now_ns() - progress_at < kStallNs) {
    engine_.turn(kLongestWait);
    const std::uint64_t left = outstanding();
    if (left != last) progress_at = now_ns();
    last = left;
  }
  for (const std::uint64_t until = now_ns() + kLingerNs; now_ns() < until;) engine_.turn(kLongestWait);
}

void Flow::count_missing() {
  for (std::uint32_t p = 0; p < publishers_count_; ++p) {
    if (topology_.spread()) {
      result_.faults.lost += publishers_[p].undelivered();
      continue;
    }
    for (std::uint32_t s = 0; s < subscribers_count_; ++s) {
      if (!topology_.receives(s, p)) continue;
      result_.faults.lost += streams_.missing(std::size_t{s} * publishers_count_ + p, publishers_[p].sent());
    }
  }
  result_.faults.refused = engine_.refused_publishes();
}

Flow::Mark Flow::mark_now() const { return {now_ns(), published_, delivered_, broker_cpu_.ns(), generator_cpu_.ns()}; }

void Flow::on_publish(Client& client, const PublishView& message) {
  Stamp stamp;
  const std::uint32_t subscriber = client.index;
  if (!parse_stamp(message.payload, stamp) || stamp.publisher >= publishers_.size() ||
      subscriber >= subscribers_count_ || (stamp.target != Stamp::kAnyReceiver && stamp.target != subscriber)) {
    ++result_.faults.misrouted;
    return;
  }
  if (!is_fresh(subscriber, stamp, message)) return;
  ++delivered_;
  if (stamp.time_ns >= latency_from_) {
    const std::uint64_t now = engine_.read_time();
    result_.latency.record(now > stamp.time_ns ? now - stamp.time_ns : 0);
  }
  settle(stamp.publisher, publishers_[stamp.publisher].slot_of(stamp.sequence));
}

bool Flow::is_fresh(std::uint32_t subscriber, const Stamp& stamp, const PublishView& message) {
  const std::size_t stream = std::size_t{subscriber} * publishers_count_ + stamp.publisher;
  bool fresh = true;
  bool in_order = true;
  if (topology_.spread()) {
    fresh = publishers_[stamp.publisher].first_delivery(stamp.sequence);
    in_order = !fresh || order_.record(stream, stamp.sequence);
  } else {
    const Arrival arrival = streams_.record(stream, stamp.sequence);
    fresh = arrival != Arrival::duplicate;
    in_order = arrival != Arrival::late;
  }
  if (!in_order) ++result_.faults.reordered;
  // At QoS 1 a repetition marked as one is what the standard allows.
  if (!fresh && (message.qos != 1 || !message.duplicate)) ++result_.faults.duplicated;
  return fresh;
}

void Flow::on_published(Client& client, std::uint16_t id, bool /*accepted*/) {
  const std::uint32_t publisher = client.index - subscribers_count_;
  // Compared with who is there already: what answers before that is no broker of MQTT.
  if (publisher >= publishers_.size() || id == 0 || id > publishers_[publisher].slots()) {
    ++result_.faults.misrouted;
    return;
  }
  settle(publisher, id - 1U);
}

void Flow::settle(std::uint32_t publisher, std::uint32_t slot) {
  Publisher& one = publishers_[publisher];
  if (!one.settle(slot) || one.waits_for_refill || one.outstanding() > low_water_) return;
  one.waits_for_refill = true;
  refill_.push_back(publisher);
}

void Flow::on_turn() {
  if (options_.rate != 0) {
    refill_.clear();
    if (sending_) send_due(now_ns());
  } else {
    for (const std::uint32_t publisher : refill_) {
      publishers_[publisher].waits_for_refill = false;
      if (sending_) fill(publisher);
    }
    refill_.clear();
  }
  if (side_ != nullptr && sending_) side_->on_turn(now_ns());
}

void Flow::fill(std::uint32_t publisher) {
  Publisher& one = publishers_[publisher];
  const std::uint64_t now = now_ns();
  while (one.outstanding() < options_.window && !one.full()) send_one(publisher, now);
}

void Flow::send_one(std::uint32_t publisher, std::uint64_t time) {
  Publisher& one = publishers_[publisher];
  Stamp stamp;
  stamp.time_ns = time;
  stamp.publisher = publisher;
  const std::string_view topic = topology_.next_topic(publisher, stamp.target);
  stamp.sequence = one.begin(static_cast<std::uint16_t>(topology_.receivers() + (options_.qos != 0 ? 1U : 0U)));
  append_publish(one.client().out, shape_, topic, static_cast<std::uint16_t>(one.slot_of(stamp.sequence) + 1), stamp);
  engine_.mark(one.client());
  ++published_;
}

void Flow::send_due(std::uint64_t now) {
  // The schedule never waits for the broker: a message that leaves late carries the time it should have left, so a
  // pause of the broker counts for every message it held up.
  for (;;) {
    const auto due =
        schedule_start_ + static_cast<std::uint64_t>(static_cast<double>(scheduled_) * 1e9 / options_.rate);
    const auto publisher = static_cast<std::uint32_t>(scheduled_ % publishers_count_);
    if (due > now || publishers_[publisher].full()) return;
    send_one(publisher, due);
    ++scheduled_;
  }
}

std::chrono::nanoseconds Flow::idle_time() const {
  if (options_.rate == 0) return kLongestWait;
  const auto due = schedule_start_ + static_cast<std::uint64_t>(static_cast<double>(scheduled_) * 1e9 / options_.rate);
  const std::uint64_t now = now_ns();
  if (due > now) return std::min(kLongestWait, std::chrono::nanoseconds(due - now));
  // Behind schedule with a full window: only the broker can help, and it will wake us.
  return std::chrono::milliseconds(1);
}

}  // namespace trellis::bench
