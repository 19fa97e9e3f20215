// Picks topology and numbers for each named scenario.
#include "scenarios.hpp"

#include <map>
#include <stdexcept>

#include "events.hpp"
#include "matching.hpp"
#include "topologies.hpp"

namespace trellis::bench {
namespace {

struct Preset {
  Shape shape;
  std::uint32_t publishers, subscribers;
};

const std::map<std::string, Preset>& presets() {
  static const std::map<std::string, Preset> table{{"fan-in", {Shape::fan_in, 100, 2}},
                                                   {"fan-out", {Shape::fan_out, 1, 100}},
                                                   {"pairs", {Shape::pairs, 100, 100}},
                                                   {"shared", {Shape::shared, 20, 20}}};
  return table;
}

std::uint32_t or_default(std::uint32_t given, std::uint32_t preset) { return given != 0 ? given : preset; }

Result run_matching(const Options& options) {
  FilterTable table(or_default(options.publishers, 10), or_default(options.subscribers, 100), options.filters,
                    options.hot_topics);
  if (options.churn == 0) return describe_flow(options.scenario, Flow(options.flow, table).run());
  SubscribeChurn churn(options.flow.protocol, options.filters, options.churn, table.subscribers() + table.publishers());
  Result result = describe_flow(options.scenario, Flow(options.flow, table, &churn).run());
  result.figures["filters_subscribed_meanwhile"] = Json::UInt64{churn.subscribed()};
  return result;
}

}  // namespace

Result run_flow_scenario(const Options& options) {
  if (options.scenario == "matching") return run_matching(options);
  const Preset& preset = presets().at(options.scenario);
  const std::uint32_t publishers = or_default(options.publishers, preset.publishers);
  const std::uint32_t subscribers = or_default(options.subscribers, preset.subscribers);
  FixedTopics topology(preset.shape, publishers, subscribers);
  return describe_flow(options.scenario, Flow(options.flow, topology).run());
}

Result run_events(const Options& options) {
  if (options.scenario == "events-push") return run_pushed_events(options);
  return options.wire == "nats" ? run_nats_events(options) : run_http_events(options);
}

Result run_scenario(const Options& options) {
  if (options.scenario.starts_with("events-")) return run_events(options);
  if (options.scenario == "matching" || presets().contains(options.scenario)) return run_flow_scenario(options);
  if (options.scenario == "storm") return run_storm(options);
  if (options.scenario == "idle") return run_idle(options);
  if (options.scenario == "retained") return run_retained(options);
  if (options.scenario == "backlog") return run_backlog(options);
  throw std::runtime_error("no scenario '" + options.scenario + "'; --help lists them");
}

namespace {

// Topics of trellis-events-push.json.
std::vector<Result> run_push_smoke(Options brief) {
  std::vector<Result> results;
  brief.scenario = "events-push";
  brief.flow.payload = 1024;
  for (const char* topic : {"pushed", "singly"}) {
    brief.events.topic = topic;
    results.push_back(run_events(brief));
    results.back().scenario += std::string(" ") + topic;
  }
  brief.events.topic = "crowd";
  brief.events.batch = 1;
  brief.events.copies = 900;
  brief.flow.rate = 5;
  results.push_back(run_events(brief));
  results.back().scenario += " crowd";
  return results;
}

std::vector<Result> run_events_smoke(Options brief) {
  std::vector<Result> results;
  const auto run = [&](const std::string& scenario, std::uint32_t batch) {
    brief.scenario = scenario;
    brief.events.batch = batch;
    results.push_back(run_events(brief));
    results.back().scenario += " " + std::to_string(batch);
  };
  brief.flow.payload = 1024;
  if (!brief.events.publish_only) run("events-pull", 100);
  if (brief.wire == "nats") return results;
  run("events-publish", 1);
  run("events-publish", 100);
  if (brief.events.publish_only) return results;
  brief.flow.rate = 200;
  brief.subscribers = 100;
  run("events-waiting", 1);
  return results;
}

}  // namespace

std::vector<Result> run_smoke(const Options& options) {
  Options brief = options;
  brief.flow.warmup = std::chrono::milliseconds(50);
  brief.flow.duration = std::chrono::milliseconds(200);
  if (brief.events.sink != 0) return run_push_smoke(brief);
  if (!options.wire.empty()) return run_events_smoke(brief);
  brief.flow.window = 20;
  brief.filters = 1000;
  brief.clients = 200;
  brief.retained = 500;
  brief.sessions = 5;
  brief.messages = 300;
  std::vector<Result> results;
  const auto run = [&](const std::string& scenario, std::uint8_t protocol, std::uint8_t qos) {
    brief.scenario = scenario;
    brief.flow.protocol = protocol;
    brief.flow.qos = qos;
    Result result = run_scenario(brief);
    result.scenario += " v" + std::to_string(protocol) + " QoS " + std::to_string(qos);
    results.push_back(std::move(result));
  };
  for (const std::uint8_t protocol : {std::uint8_t{4}, std::uint8_t{5}}) {
    for (const std::uint8_t qos : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
      for (const auto& [name, preset] : presets()) run(name, protocol, qos);
    }
  }
  run("matching", 4, 0);
  run("retained", 4, 1);
  run("backlog", 4, 1);
  run("backlog", 5, 2);
  run("storm", 4, 0);
  if (brief.flow.pid != 0) run("idle", 4, 0);
  brief.flow.rate = 2000;
  brief.churn = 1000;
  run("matching", 5, 1);
  return results;
}

}  // namespace trellis::bench
