// Connection storm: what one short-lived connection costs the broker.
#include <unistd.h>

#include "scenarios.hpp"

namespace trellis::bench {
namespace {

// A closed connection holds its local port for a minute; these many addresses give a million of them.
constexpr std::uint32_t kSources = 40;

class Storm final : public Handler {
 public:
  explicit Storm(const Options& options) : options_(options), engine_(options.flow.broker, *this) {
    connect_.protocol = options.flow.protocol;
    prefix_ = "storm-" + std::to_string(::getpid()) + "-";
  }

  Result run() {
    CpuClock broker(options_.flow.pid);
    const CpuClock generator = CpuClock::self();
    opening_ = true;
    for (std::uint32_t i = 0; i < options_.concurrency; ++i) open_one();
    turn_for(options_.flow.warmup);
    const std::uint64_t time = now_ns();
    const std::uint64_t done = done_;
    const std::uint64_t broker_ns = broker.ns();
    const std::uint64_t generator_ns = generator.ns();
    turn_for(options_.flow.duration);
    Result result{.scenario = "storm", .cost = "broker_us_per_connection"};
    const double seconds = static_cast<double>(now_ns() - time) / 1e9;
    const std::uint64_t cpu = broker.ns() - broker_ns;
    set_cpu(result.figures, cpu, generator.ns() - generator_ns, seconds);
    const std::uint64_t count = done_ - done;
    result.figures["connections"] = Json::UInt64{count};
    result.figures["connections_per_s"] = static_cast<double>(count) / seconds;
    result.figures["broker_us_per_connection"] =
        count == 0 ? 0.0 : static_cast<double>(cpu) / static_cast<double>(count) / 1e3;
    opening_ = false;
    engine_.run_until([this] { return engine_.connecting() == 0; }, std::chrono::seconds(5), "waiting for CONNACK");
    result.passed = count != 0;
    if (count == 0) result.complaint = "no connection was accepted in the measured time";
    return result;
  }

  void on_connected(Client& client) override {
    append_disconnect(client.out);
    engine_.close(client);
    ++done_;
    ++finished_;
  }

  // Opened at the end of the turn, so that a turn closes and opens in two batches.
  void on_turn() override {
    for (; finished_ != 0; --finished_) {
      if (opening_) open_one();
    }
  }

 private:
  void open_one() {
    connect_.client_id = prefix_ + std::to_string(opened_ % 1'000'000);
    engine_.open(connect_, 0, 1 + static_cast<std::uint32_t>(opened_ % kSources));
    ++opened_;
  }

  void turn_for(std::chrono::milliseconds duration) {
    const std::uint64_t until = now_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds(duration).count());
    while (now_ns() < until) engine_.turn(std::chrono::milliseconds(20));
  }

  const Options& options_;
  Engine engine_;
  ConnectOptions connect_;
  std::string prefix_;
  bool opening_ = false;
  std::uint64_t opened_ = 0;
  std::uint64_t done_ = 0;
  std::uint32_t finished_ = 0;
};

}  // namespace

Result run_storm(const Options& options) { return Storm(options).run(); }

}  // namespace trellis::bench
