// Turns measured numbers into named figures.
#include "result.hpp"

#include <fmt/format.h>

#include <ostream>

namespace trellis::bench {
namespace {

constexpr double kNsPerUs = 1e3;

double per(std::uint64_t amount, std::uint64_t count) {
  return count == 0 ? 0.0 : static_cast<double>(amount) / static_cast<double>(count);
}

Json::Value faults_to_json(const Faults& faults) {
  Json::Value value(Json::objectValue);
  value["lost"] = Json::UInt64{faults.lost};
  value["duplicated"] = Json::UInt64{faults.duplicated};
  value["reordered"] = Json::UInt64{faults.reordered};
  value["misrouted"] = Json::UInt64{faults.misrouted};
  value["refused"] = Json::UInt64{faults.refused};
  value["stalled"] = faults.stalled;
  return value;
}

Json::Value latency_to_json(const Histogram& latency) {
  Json::Value value(Json::objectValue);
  value["count"] = Json::UInt64{latency.count()};
  value["p50"] = static_cast<double>(latency.percentile(50)) / kNsPerUs;
  value["p99"] = static_cast<double>(latency.percentile(99)) / kNsPerUs;
  value["p999"] = static_cast<double>(latency.percentile(99.9)) / kNsPerUs;
  value["max"] = static_cast<double>(latency.max()) / kNsPerUs;
  return value;
}

void print_value(std::ostream& out, const std::string& name, const Json::Value& value) {
  if (value.isObject()) {
    for (const auto& member : value.getMemberNames())
      print_value(out, fmt::format("{}.{}", name, member), value[member]);
    return;
  }
  const std::string text = value.type() == Json::realValue ? fmt::format("{:.3f}", value.asDouble()) : value.asString();
  out << fmt::format("  {:<28} {}\n", name, text);
}

}  // namespace

void set_cpu(Json::Value& figures, std::uint64_t broker_ns, std::uint64_t generator_ns, double seconds) {
  figures["seconds"] = seconds;
  figures["broker_cpu_percent"] = static_cast<double>(broker_ns) / seconds / 1e7;
  figures["generator_cpu_percent"] = static_cast<double>(generator_ns) / seconds / 1e7;
}

Result describe_flow(const std::string& scenario, const FlowResult& flow, const std::string& unit) {
  Result result{.scenario = scenario, .cost = "broker_us_per_" + unit};
  Json::Value& figures = result.figures;
  set_cpu(figures, flow.broker_cpu_ns, flow.generator_cpu_ns, flow.seconds);
  figures["published"] = Json::UInt64{flow.published};
  figures["delivered"] = Json::UInt64{flow.delivered};
  figures["delivered_per_s"] = static_cast<double>(flow.delivered) / flow.seconds;
  figures["us_per_" + unit] = flow.delivered == 0 ? 0.0 : flow.seconds * 1e6 / static_cast<double>(flow.delivered);
  figures[result.cost] = per(flow.broker_cpu_ns, flow.delivered) / kNsPerUs;
  figures["generator_us_per_" + unit] = per(flow.generator_cpu_ns, flow.delivered) / kNsPerUs;
  figures["faults"] = faults_to_json(flow.faults);
  if (flow.latency.count() != 0) figures["latency_us"] = latency_to_json(flow.latency);
  result.passed = !flow.faults.any() && flow.delivered != 0;
  if (!result.passed) {
    result.complaint = fmt::format("lost {}, duplicated {}, reordered {}, misrouted {}, refused {}{}", flow.faults.lost,
                                   flow.faults.duplicated, flow.faults.reordered, flow.faults.misrouted,
                                   flow.faults.refused, flow.faults.stalled ? ", stalled" : "");
  }
  return result;
}

Json::Value to_json(const Result& result) {
  Json::Value value(Json::objectValue);
  value["scenario"] = result.scenario;
  value["cost"] = result.cost;
  value["passed"] = result.passed;
  if (!result.complaint.empty()) value["complaint"] = result.complaint;
  value["figures"] = result.figures;
  return value;
}

void print_text(std::ostream& out, const Result& result) {
  out << result.scenario << ": " << (result.passed ? "ok" : "FAILED: " + result.complaint) << '\n';
  for (const auto& name : result.figures.getMemberNames()) print_value(out, name, result.figures[name]);
}

}  // namespace trellis::bench
