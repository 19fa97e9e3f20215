// Memory per idle client: what a connection that says nothing holds in the broker.
#include <unistd.h>

#include <stdexcept>

#include "scenarios.hpp"

namespace trellis::bench {
namespace {

// Connected before the first reading, so that what the first connections ever make grow is not counted.
constexpr std::uint32_t kFirst = 100;
constexpr std::chrono::seconds kSettle{5};

class Silence final : public Handler {};

double per_client(std::uint64_t before, std::uint64_t after, std::uint32_t clients) {
  return (static_cast<double>(after) - static_cast<double>(before)) / clients;
}

}  // namespace

Result run_idle(const Options& options) {
  const pid_t pid = options.flow.pid;
  if (pid == 0) throw std::runtime_error("idle: --pid is needed to read the broker's memory");
  Silence silence;
  Engine engine(options.flow.broker, silence);
  ConnectOptions connect;
  connect.protocol = options.flow.protocol;
  connect.client_id = "idle-" + std::to_string(::getpid()) + "-first-";
  connect_many(engine, kFirst, connect);
  const Memory before = read_settled_memory(pid, kSettle);
  const std::uint64_t cpu_before = CpuClock(pid).ns();
  connect.client_id = "idle-" + std::to_string(::getpid()) + "-";
  connect_many(engine, options.clients, connect);
  const Memory after = read_settled_memory(pid, kSettle);
  Result result{.scenario = "idle", .cost = "bytes_per_client"};
  Json::Value& figures = result.figures;
  figures["clients"] = options.clients;
  figures["bytes_per_client"] = per_client(before.resident, after.resident, options.clients);
  figures["proportional_bytes_per_client"] = per_client(before.proportional, after.proportional, options.clients);
  figures["resident_before_mib"] = static_cast<double>(before.resident) / 1048576.0;
  figures["resident_after_mib"] = static_cast<double>(after.resident) / 1048576.0;
  figures["connect_us_per_client"] = static_cast<double>(CpuClock(pid).ns() - cpu_before) / 1e3 / options.clients;
  engine.close_all();
  return result;
}

}  // namespace trellis::bench
