// A backlog: messages are stored for sessions that are away, and handed over when these come back.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "scenarios.hpp"

namespace trellis::bench {
namespace {

constexpr std::uint64_t kStallNs = 10'000'000'000;
constexpr std::chrono::milliseconds kPatience{60'000};
constexpr std::chrono::milliseconds kSettle{5'000};
constexpr std::uint32_t kMostIds = 60'000;
constexpr std::uint32_t kAtOnce = 10'000;  // sessions that are there together

/// What one phase took.
struct Phase {
  std::uint64_t start_ns = 0, end_ns = 0, cpu_ns = 0, generator_ns = 0;

  double seconds() const { return static_cast<double>(end_ns - start_ns) / 1e9; }
};

/// Client indexes: sessions first, publishers behind them.
class Backlog final : public Handler {
 public:
  explicit Backlog(const Options& options)
      : options_(options),
        sessions_(options.sessions),
        publishers_(std::min(options.publishers != 0 ? options.publishers : 20, options.sessions)),
        shape_{options.flow.protocol, options.flow.qos, false, options.flow.payload},
        total_(std::uint64_t{options.sessions} * options.messages),
        engine_(options.flow.broker, *this),
        broker_(options.flow.pid),
        next_(options.sessions, 0) {}

  Result run() {
    Result result{.scenario = "backlog", .cost = "drain_us"};
    if (options_.phase != "drain") store(result.figures);
    if (options_.phase != "store") drain(result.figures);
    result.passed = !faults_.any();
    if (!result.passed) {
      result.complaint = fmt::format("lost {}, duplicated {}, reordered {}, misrouted {}, refused {}{}", faults_.lost,
                                     faults_.duplicated, faults_.reordered, faults_.misrouted, faults_.refused,
                                     faults_.stalled ? ", stalled" : "");
    }
    return result;
  }

  void on_published(Client& client, std::uint16_t /*id*/, bool accepted) override {
    if (!accepted) ++faults_.refused;
    Sender& sender = senders_[client.index - sessions_];
    ++acknowledged_;
    --sender.outstanding;
    if (sender.outstanding <= options_.flow.window / 2) fill(sender);
  }

  void on_publish(Client& client, const PublishView& message) override {
    Stamp stamp;
    if (client.index >= sessions_ || !parse_stamp(message.payload, stamp) || stamp.target != client.index) {
      ++faults_.misrouted;
      return;
    }
    std::uint32_t& next = next_[client.index];
    if (stamp.sequence < next) {
      if (message.qos != 1 || !message.duplicate) ++faults_.duplicated;
      return;
    }
    faults_.lost += stamp.sequence - next;
    received_ += stamp.sequence - next + 1;
    next = stamp.sequence + 1;
  }

 private:
  struct Sender {
    Client* client = nullptr;
    std::uint32_t first = 0;  // of its sessions: every publishers_-th from this one on
    std::uint32_t session = 0;
    std::uint32_t sequence = 0;
    std::uint32_t outstanding = 0;
    std::uint32_t sent = 0;
    bool done = false;
  };

  void store(Json::Value& figures) {
    const bool weighed = options_.flow.pid != 0;
    open_publishers();
    const Memory empty = weighed ? read_settled_memory(options_.flow.pid, kSettle) : Memory{};
    for (std::uint32_t first = 0; first < sessions_; first += kAtOnce) subscribe(first);
    const Memory before = weighed ? read_settled_memory(options_.flow.pid, kSettle) : Memory{};
    const Phase phase = measure([&] {
      for (auto& sender : senders_) fill(sender);
      wait_for(acknowledged_, total_);
    });
    const Memory after = weighed ? read_settled_memory(options_.flow.pid, kSettle) : Memory{};
    engine_.close_all();
    report("store", phase, figures);
    if (!weighed) return;
    figures["bytes_per_stored"] =
        (static_cast<double>(after.resident) - static_cast<double>(before.resident)) / static_cast<double>(total_);
    figures["bytes_per_session"] =
        (static_cast<double>(before.resident) - static_cast<double>(empty.resident)) / sessions_;
    figures["resident_after_mib"] = static_cast<double>(after.resident) / 1048576.0;
  }

  void subscribe(std::uint32_t first) {
    for (auto* client : open_sessions(first)) {
      const std::string filter = fmt::format("bench/backlog/{}", client->index);
      engine_.subscribe(*client, options_.flow.qos, {&filter, 1});
      engine_.run_until([&] { return engine_.subscribing() < 64; }, kPatience, "waiting for SUBACK");
    }
    engine_.run_until([&] { return engine_.subscribing() == 0; }, kPatience, "waiting for SUBACK");
    close_sessions();
  }

  void drain(Json::Value& figures) {
    const Phase phase = measure([&] {
      for (std::uint32_t first = 0; first < sessions_ && !faults_.stalled; first += kAtOnce) {
        open_sessions(first);
        wait_for(received_, std::uint64_t{std::min(first + kAtOnce, sessions_)} * options_.messages);
        close_sessions();
      }
    });
    if (options_.flow.pid != 0) {
      figures["resident_drained_mib"] =
          static_cast<double>(read_settled_memory(options_.flow.pid, kSettle).resident) / 1048576.0;
    }
    engine_.close_all();
    for (const std::uint32_t next : next_) faults_.lost += options_.messages - next;
    report("drain", phase, figures);
  }

  template <typename Work>
  Phase measure(const Work& work) {
    const CpuClock generator = CpuClock::self();
    Phase phase{.start_ns = now_ns(), .cpu_ns = broker_.ns(), .generator_ns = generator.ns()};
    work();
    phase.cpu_ns = broker_.ns() - phase.cpu_ns;
    phase.generator_ns = generator.ns() - phase.generator_ns;
    phase.end_ns = now_ns();
    return phase;
  }

  void wait_for(const std::uint64_t& count, std::uint64_t until) {
    std::uint64_t seen = count;
    std::uint64_t progress = now_ns();
    while (count < until && !faults_.stalled) {
      engine_.turn(std::chrono::milliseconds(20));
      const std::uint64_t now = now_ns();
      if (count != seen) progress = now;
      seen = count;
      faults_.stalled = now - progress > kStallNs;
    }
  }

  void report(const std::string& name, const Phase& phase, Json::Value& figures) const {
    const auto messages = static_cast<double>(total_);
    figures[name + "_us"] = static_cast<double>(phase.cpu_ns) / messages / 1e3;
    figures[name + "_per_s"] = messages / phase.seconds();
    figures[name + "_seconds"] = phase.seconds();
    figures[name + "_generator_cpu_percent"] = static_cast<double>(phase.generator_ns) / phase.seconds() / 1e7;
  }

  // Names are the same in every run, so that one can go on with what another stored.
  const std::vector<Client*>& open_sessions(std::uint32_t first) {
    ConnectOptions connect;
    connect.protocol = options_.flow.protocol;
    connect.persistent = true;
    connect.receive_maximum = options_.flow.receive_maximum;
    clients_ = open("backlog-session-", first, std::min(kAtOnce, sessions_ - first), connect);
    return clients_;
  }

  void close_sessions() {
    for (Client* client : clients_) {
      append_disconnect(client->out);
      engine_.close(*client);
    }
    engine_.turn(std::chrono::nanoseconds::zero());
  }

  void open_publishers() {
    ConnectOptions connect;
    connect.protocol = options_.flow.protocol;
    const auto opened = open("backlog-publisher-", sessions_, publishers_, connect);
    for (std::uint32_t p = 0; p < publishers_; ++p) senders_.push_back({.client = opened[p], .first = p, .session = p});
  }

  // Few at a time, so that no listen backlog overflows.
  std::vector<Client*> open(const std::string& name, std::uint32_t first, std::uint32_t count, ConnectOptions connect) {
    constexpr std::uint32_t kConnecting = 64;
    std::vector<Client*> opened;
    for (std::uint32_t i = first; i < first + count; ++i) {
      engine_.run_until([&] { return engine_.connecting() < kConnecting; }, kPatience, "waiting for CONNACK");
      connect.client_id = name + std::to_string(i);
      opened.push_back(&engine_.open(connect, i, 1 + i / kAtOnce % 200));
    }
    engine_.run_until([&] { return engine_.connecting() == 0; }, kPatience, "waiting for CONNACK");
    return opened;
  }

  void fill(Sender& sender) {
    while (!sender.done && sender.outstanding < options_.flow.window) {
      const Stamp stamp{.time_ns = 0, .target = sender.session, .publisher = sender.first, .sequence = sender.sequence};
      topic_.resize(sizeof "bench/backlog/" - 1);
      topic_ += std::to_string(sender.session);
      append_publish(sender.client->out, shape_, topic_, static_cast<std::uint16_t>(sender.sent++ % kMostIds + 1),
                     stamp);
      ++sender.outstanding;
      sender.session += publishers_;
      if (sender.session < sessions_) continue;
      sender.session = sender.first;
      sender.done = ++sender.sequence == options_.messages;
    }
    engine_.mark(*sender.client);
  }

  const Options& options_;
  const std::uint32_t sessions_;
  const std::uint32_t publishers_;
  const PublishShape shape_;
  const std::uint64_t total_;
  Engine engine_;
  CpuClock broker_;
  std::vector<Client*> clients_;
  std::vector<Sender> senders_;
  std::vector<std::uint32_t> next_;  // sequence number each session waits for
  std::string topic_ = "bench/backlog/";
  std::uint64_t acknowledged_ = 0;
  std::uint64_t received_ = 0;
  Faults faults_;
};

}  // namespace

Result run_backlog(const Options& options) { return Backlog(options).run(); }

}  // namespace trellis::bench
