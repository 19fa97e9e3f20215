// Retained replay: a new subscriber to '#' is handed everything the broker keeps.
#include <unistd.h>

#include <algorithm>

#include "scenarios.hpp"

namespace trellis::bench {
namespace {

constexpr std::uint32_t kWindow = 100;

class Retained final : public Handler {
 public:
  explicit Retained(const Options& options)
      : options_(options), engine_(options.flow.broker, *this), seen_(options.retained, 0) {
    connect_.protocol = options.flow.protocol;
    connect_.client_id = "retained-" + std::to_string(::getpid()) + "-";
  }

  Result run() {
    Result result{.scenario = "retained", .cost = "broker_us_per_delivered"};
    const CpuClock generator = CpuClock::self();
    publish_all(options_.flow.payload);
    Totals totals;
    const std::uint64_t generator_ns = generator.ns();
    const std::uint64_t until =
        now_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds(options_.flow.duration).count());
    do {
      replay(totals);
    } while (now_ns() < until && faults_.lost == 0);
    set_cpu(result.figures, totals.cpu_ns, generator.ns() - generator_ns, static_cast<double>(totals.time_ns) / 1e9);
    publish_all(0);
    engine_.close_all();
    report(totals, result);
    return result;
  }

  void on_published(Client& /*client*/, std::uint16_t /*id*/, bool accepted) override {
    if (!accepted) ++faults_.refused;
    ++acknowledged_;
  }

  void on_publish(Client& /*client*/, const PublishView& message) override {
    Stamp stamp;
    if (!parse_stamp(message.payload, stamp) || stamp.sequence >= seen_.size() || !message.retain) {
      ++faults_.misrouted;
      return;
    }
    if (seen_[stamp.sequence]++ != 0) ++faults_.duplicated;
    ++received_;
    last_ns_ = engine_.read_time();
  }

 private:
  struct Totals {
    std::uint64_t replays = 0, messages = 0, time_ns = 0, cpu_ns = 0;
  };

  // An empty payload removes what is kept, so the broker is left as it was found.
  void publish_all(std::size_t payload) {
    Client& client = connect("publisher");
    const PublishShape shape{options_.flow.protocol, 1, true, payload};
    acknowledged_ = 0;
    Stamp stamp;
    for (std::uint32_t i = 0; i < options_.retained; ++i) {
      engine_.run_until([&] { return i - acknowledged_ < kWindow; }, std::chrono::seconds(10), "waiting for PUBACK");
      stamp.sequence = i;
      const std::string topic = "bench/retained/" + std::to_string(i % 100) + "/" + std::to_string(i);
      append_publish(client.out, shape, topic, static_cast<std::uint16_t>(i % 60000 + 1), stamp);
      engine_.mark(client);
    }
    engine_.run_until([&] { return acknowledged_ == options_.retained; }, std::chrono::seconds(10),
                      "waiting for PUBACK");
    leave(client);
  }

  void replay(Totals& totals) {
    constexpr std::uint64_t kStallNs = 3'000'000'000;
    Client& client = connect("subscriber");
    std::fill(seen_.begin(), seen_.end(), std::uint8_t{0});
    received_ = 0;
    const CpuClock broker(options_.flow.pid);
    const std::uint64_t cpu = broker.ns();
    const std::uint64_t start = last_ns_ = now_ns();
    const std::string all = "#";
    engine_.subscribe(client, options_.flow.qos, {&all, 1});
    while (received_ < options_.retained && now_ns() - last_ns_ < kStallNs) {
      engine_.turn(std::chrono::milliseconds(20));
    }
    totals.cpu_ns += broker.ns() - cpu;
    totals.time_ns += last_ns_ - start;
    totals.messages += received_;
    ++totals.replays;
    faults_.lost += static_cast<std::uint64_t>(std::count(seen_.begin(), seen_.end(), 0));
    leave(client);
  }

  void report(const Totals& totals, Result& result) const {
    Json::Value& figures = result.figures;
    const auto messages = static_cast<double>(std::max<std::uint64_t>(1, totals.messages));
    figures["replays"] = Json::UInt64{totals.replays};
    figures["retained"] = options_.retained;
    figures["us_per_delivered"] = static_cast<double>(totals.time_ns) / messages / 1e3;
    figures["broker_us_per_delivered"] = static_cast<double>(totals.cpu_ns) / messages / 1e3;
    figures["lost"] = Json::UInt64{faults_.lost};
    figures["duplicated"] = Json::UInt64{faults_.duplicated};
    figures["misrouted"] = Json::UInt64{faults_.misrouted};
    result.passed = !faults_.any();
    if (faults_.any()) {
      result.complaint = "lost " + std::to_string(faults_.lost) + ", duplicated " + std::to_string(faults_.duplicated) +
                         ", not retained or unknown " + std::to_string(faults_.misrouted);
    }
  }

  Client& connect(const char* role) {
    ConnectOptions own = connect_;
    own.client_id += role;
    Client& client = engine_.open(own, 0);
    engine_.run_until([&] { return client.connected; }, std::chrono::seconds(10), "waiting for CONNACK");
    return client;
  }

  void leave(Client& client) {
    append_disconnect(client.out);
    engine_.close(client);
  }

  const Options& options_;
  Engine engine_;
  ConnectOptions connect_;
  std::vector<std::uint8_t> seen_;
  Faults faults_;
  std::uint32_t received_ = 0;
  std::uint32_t acknowledged_ = 0;
  std::uint64_t last_ns_ = 0;
};

}  // namespace

Result run_retained(const Options& options) { return Retained(options).run(); }

}  // namespace trellis::bench
