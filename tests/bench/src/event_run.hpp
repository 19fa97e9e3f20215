// What the event scenarios have in common, whatever protocol they speak: phases, books, figures.
#pragma once

#include <vector>

#include "ledger.hpp"
#include "options.hpp"
#include "process.hpp"
#include "result.hpp"
#include "streams.hpp"

namespace trellis::bench {

/// One run: set up, warm up, measure, drain, verify. One thread.
class EventRun : public StreamHandler {
 public:
  EventRun(const Options& options, std::uint32_t publishers);

  // Throws std::runtime_error when the server cannot be reached, breaks its protocol or refuses something.
  Result run();

  void on_turn() override;

 protected:
  // Connects everybody and, where the scenario has them, gets the receivers going.
  virtual void set_up() = 0;
  // Sends what the publisher may send next, if it may. due: when it should have left; 0 in a closed loop. False when
  // nothing was sent.
  virtual bool publish(std::uint32_t publisher, std::uint64_t due) = 0;
  // Nothing is published any more; receivers that have not been going begin.
  virtual void begin_drain() {}
  // Publishes that have no answer yet.
  virtual std::uint64_t unanswered() const = 0;
  // After everything has come: what only the server can say.
  virtual void verify() {}
  // How many events count as done: acknowledged, or where only publishing is measured answered.
  virtual std::uint64_t completed() const { return ledger_.acknowledged(); }
  // Something came, completed or not: the run has not stalled.
  virtual std::uint64_t progress() const { return completed() + ledger_.acknowledged(); }

  // Books what came; true when it has to be acknowledged.
  void delivered(EventId id, std::uint32_t delivery_count);
  void acknowledged(EventId id);
  // Books how long an event took until now, at a fixed rate.
  void record(EventId id);
  // Books the next `count` events of the publisher and returns the first sequence number.
  std::uint32_t send(std::uint32_t publisher, std::uint32_t count, std::uint64_t due);

  const Options& options_;
  const std::uint32_t publishers_;
  const EventText text_;
  StreamEngine engine_;
  EventLedger ledger_;
  FlowResult result_;

 private:
  struct Mark {
    std::uint64_t time, published, completed, broker_cpu, generator_cpu;
  };

  void flow_for(std::chrono::milliseconds duration);
  void drain();
  void send_due(std::uint64_t now);
  std::chrono::nanoseconds idle_time() const;
  Mark mark_now() const;

  CpuClock broker_cpu_;
  CpuClock generator_cpu_ = CpuClock::self();
  std::vector<std::vector<std::uint64_t>> due_;  // at a fixed rate: when each event should have left
  std::uint64_t latency_from_ = UINT64_MAX;      // intended times before this are warm-up
  std::uint64_t schedule_start_ = 0;
  std::uint64_t scheduled_ = 0;
  std::uint64_t repeated_ = 0;  // came again and said so
  bool sending_ = false;
};

}  // namespace trellis::bench
