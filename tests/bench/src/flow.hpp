// Publishers and subscribers exchanging messages: closed loop with a window, or at a fixed rate.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine.hpp"
#include "histogram.hpp"
#include "process.hpp"
#include "publisher.hpp"
#include "tracker.hpp"

namespace trellis::bench {

/// Who publishes where and who has to receive it.
class Topology {
 public:
  virtual ~Topology() = default;
  virtual std::uint32_t publishers() const = 0;
  virtual std::uint32_t subscribers() const = 0;
  // How many subscribers each message is due at.
  virtual std::uint32_t receivers() const = 0;
  // A publisher's messages are spread over subscribers instead of all going to the same ones.
  virtual bool spread() const { return false; }
  virtual bool receives(std::uint32_t /*subscriber*/, std::uint32_t /*publisher*/) const { return true; }
  virtual std::vector<std::string> filters(std::uint32_t subscriber) const = 0;
  // Topic of the publisher's next message and the only subscriber it may reach, or Stamp::kAnyReceiver.
  // The view is good until the next call.
  virtual std::string_view next_topic(std::uint32_t publisher, std::uint32_t& target) = 0;
};

/// Something else that happens on the same engine while messages flow.
class SideTask {
 public:
  virtual ~SideTask() = default;
  virtual void start(Engine& engine) = 0;
  virtual void on_turn(std::uint64_t now) = 0;
};

struct FlowOptions {
  Endpoint broker;
  pid_t pid = 0;
  std::uint8_t protocol = 4;
  std::uint16_t receive_maximum = 0;
  bool persistent = false;
  std::uint8_t qos = 0;
  std::size_t payload = 64;
  std::uint32_t window = 100;
  std::uint32_t refill = 0;  // room in the window before it is filled again; 0: half the window
  double rate = 0;           // messages per second in all; 0: closed loop
  std::chrono::milliseconds warmup{1000};
  std::chrono::milliseconds duration{3000};
};

struct Faults {
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t misrouted = 0;
  std::uint64_t refused = 0;
  bool stalled = false;

  bool any() const { return lost + duplicated + reordered + misrouted + refused != 0 || stalled; }
};

struct FlowResult {
  double seconds = 0;           // of the measured window
  std::uint64_t published = 0;  // in the measured window
  std::uint64_t delivered = 0;
  std::uint64_t broker_cpu_ns = 0;
  std::uint64_t generator_cpu_ns = 0;
  Faults faults;  // of the whole run, warm-up and draining included
  Histogram latency;
};

/// One run: connect, subscribe, warm up, measure, drain, verify.
class Flow final : public Handler {
 public:
  Flow(const FlowOptions& options, Topology& topology, SideTask* side = nullptr);

  // Throws std::runtime_error when the broker cannot be reached or breaks the protocol.
  FlowResult run();

  void on_publish(Client& client, const PublishView& message) override;
  void on_published(Client& client, std::uint16_t id, bool accepted) override;
  void on_turn() override;

 private:
  struct Mark {
    std::uint64_t time, published, delivered, broker_cpu, generator_cpu;
  };

  void set_up();
  void flow_for(std::chrono::milliseconds duration);
  void drain();
  void count_missing();
  Mark mark_now() const;
  bool is_fresh(std::uint32_t subscriber, const Stamp& stamp, const PublishView& message);
  void settle(std::uint32_t publisher, std::uint32_t slot);
  void fill(std::uint32_t publisher);
  void send_one(std::uint32_t publisher, std::uint64_t time);
  void send_due(std::uint64_t now);
  std::chrono::nanoseconds idle_time() const;

  const FlowOptions options_;
  Topology& topology_;
  SideTask* const side_;
  const std::uint32_t publishers_count_;
  const std::uint32_t subscribers_count_;
  const std::uint32_t low_water_;
  Engine engine_;
  CpuClock broker_cpu_;
  CpuClock generator_cpu_ = CpuClock::self();
  PublishShape shape_;
  std::vector<Publisher> publishers_;
  std::vector<std::uint32_t> refill_;
  StreamTracker streams_;
  OrderTracker order_;
  FlowResult result_;
  std::uint64_t published_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t latency_from_ = UINT64_MAX;  // intended times before this are warm-up
  std::uint64_t schedule_start_ = 0;
  std::uint64_t scheduled_ = 0;
  bool sending_ = false;
};

}  // namespace trellis::bench
