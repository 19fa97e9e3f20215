// Interleaves the brokers, so that a machine that slows down slows both.
#include "comparison.hpp"

#include <fmt/format.h>
#include <json/reader.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace trellis::bench {
namespace {

// Connecting, subscribing, draining and settling, on top of the measured time.
constexpr double kAllowanceSeconds = 90;

bool stated(const std::vector<std::string>& options, const std::string& name) {
  return std::find(options.begin(), options.end(), name) != options.end();
}

double figure_of(const Json::Value& figures, const std::string& path) {
  const Json::Value* at = &figures;
  std::istringstream parts(path);
  for (std::string part; std::getline(parts, part, '.');) {
    if (!at->isObject() || !at->isMember(part)) throw std::runtime_error("trellis-bench gave no figure " + path);
    at = &(*at)[part];
  }
  return at->asDouble();
}

std::vector<std::string> generator_command(const ComparisonOptions& options, const BrokerRecipe& recipe,
                                           RunningBroker& broker, const std::vector<std::string>& more) {
  std::vector<std::string> command{options.generator, "--port", std::to_string(broker.port()), "--pid",
                                   std::to_string(broker.pid())};
  if (broker.sink() != 0) command.insert(command.end(), {"--sink", std::to_string(broker.sink())});
  command.insert(command.end(), recipe.generator_options.begin(), recipe.generator_options.end());
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

void run_once(const ComparisonOptions& options, const Row& row, BrokerRecipe recipe, Series& series) {
  if (row.judged == Judged::shards) recipe.placement.cores = options.shards_cores;
  // A fresh broker every time: no run inherits another's memory or caches.
  RunningBroker broker(recipe, options.directory);
  auto command = generator_command(options, recipe, broker, row.options);
  if (!stated(row.options, "--seconds")) command.insert(command.end(), {"--seconds", fmt::to_string(options.seconds)});
  if (!stated(row.options, "--warmup")) command.insert(command.end(), {"--warmup", fmt::to_string(options.warmup)});
  command.insert(command.end(), {"--output", "json"});
  const auto output = options.directory / "trellis-bench.out";
  Child generator(command, options.generator_placement, output);
  const auto limit = static_cast<std::int64_t>((options.seconds + options.warmup + kAllowanceSeconds) * 1000);
  const auto code = generator.wait(std::chrono::milliseconds(limit));
  const std::string text = read_file(output);
  if (!code || *code > 1) {
    series.complaint = !code ? "took too long" : text.substr(0, text.find('\n'));
    if (!broker.running()) series.complaint += " (the broker has ended)";
    return;
  }
  Json::Value result;
  std::istringstream in(text);
  in >> result;
  const Json::Value& figures = result["figures"];
  series.values.push_back(figure_of(figures, row.figure));
  if (figures.isMember("generator_cpu_percent")) {
    series.generator_percent.push_back(figures["generator_cpu_percent"].asDouble());
  }
  if (!result["passed"].asBool() && series.complaint.empty()) series.complaint = result["complaint"].asString();
}

void try_once(const ComparisonOptions& options, const Row& row, const std::optional<BrokerRecipe>& recipe, int round,
              Series& series) {
  if (!recipe || !series.complaint.empty()) return;
  try {
    run_once(options, row, *recipe, series);
  } catch (const std::exception& error) {
    series.complaint = error.what();
  }
  const std::string figure = series.values.empty() ? "-" : fmt::format("{:.3f}", series.values.back());
  const double share = series.generator_percent.empty() ? 0 : series.generator_percent.back();
  options.progress(fmt::format("round {} {:<22} {:<12} {:>10} {} (generator {:.0f}%) {}", round, row.name, recipe->name,
                               figure, row.figure, share, series.complaint));
}

void judge(RowOutcome& outcome) {
  const Row& row = outcome.row;
  // Numbers of a run that lost messages say nothing.
  if (!outcome.trellis.complaint.empty() || (!outcome.reference.complaint.empty() && row.judged != Judged::info)) {
    const bool ours = !outcome.trellis.complaint.empty();
    outcome.failed = ours || row.judged == Judged::shards;
    outcome.verdict =
        ours ? "BROKEN: " + outcome.trellis.complaint : "reference broken: " + outcome.reference.complaint;
    return;
  }
  if (!outcome.judged || !row.must) return;
  outcome.failed = *outcome.judged > *row.must;
  if (outcome.failed) {
    outcome.verdict = fmt::format("MISSED, {:.2f}x of what must hold", *outcome.judged / *row.must);
  } else if (!row.aim) {
    outcome.verdict = "holds";
  } else {
    outcome.verdict = *outcome.judged <= *row.aim
                          ? "aim reached"
                          : fmt::format("holds, {:.2f}x of the aim", *outcome.judged / *row.aim);
  }
}

std::optional<double> quotient(const Series& above, const Series& below) {
  const auto a = above.median();
  const auto b = below.median();
  if (!a || !b || *b == 0) return std::nullopt;
  return *a / *b;
}

std::optional<double> judged_number(const RowOutcome& outcome) {
  if (outcome.row.judged == Judged::limit) return outcome.trellis.median();
  if (outcome.row.judged != Judged::minus) return quotient(outcome.trellis, outcome.reference);
  const auto a = outcome.trellis.median();
  const auto b = outcome.reference.median();
  if (!a || !b) return std::nullopt;
  return *a - *b;
}

// The reference of a row, as the table shows it.
std::string name_of_reference(const ComparisonOptions& options, const Row& row) {
  if (!row.runs()) return row.second;
  if (row.judged == Judged::shards) return "one shard";
  const auto opponents = options.by_setup.find(row.setup);
  if (opponents == options.by_setup.end() || !opponents->second.reference) return "-";
  return opponents->second.reference->program;
}

void finish(std::vector<RowOutcome>& outcomes) {
  for (auto& outcome : outcomes) {
    if (!outcome.row.runs()) {
      for (const auto& other : outcomes) {
        if (other.row.name == outcome.row.first) outcome.trellis = other.trellis;
        if (other.row.name == outcome.row.second) outcome.reference = other.trellis;
      }
    }
    outcome.judged = judged_number(outcome);
    judge(outcome);
  }
}

}  // namespace

std::optional<double> Series::median() const {
  if (values.empty()) return std::nullopt;
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

std::vector<RowOutcome> compare_all(const ComparisonOptions& options, const std::vector<Row>& rows) {
  std::vector<RowOutcome> outcomes;
  for (const auto& row : rows) {
    RowOutcome outcome;
    outcome.row = row;
    outcome.against = name_of_reference(options, row);
    outcomes.push_back(std::move(outcome));
  }
  for (int round = 1; round <= options.rounds; ++round) {
    for (auto& outcome : outcomes) {
      const Row& row = outcome.row;
      const auto opponents = options.by_setup.find(row.setup);
      if (!row.runs() || opponents == options.by_setup.end()) continue;
      const auto& [trellis, reference] = opponents->second;
      const bool shards = row.judged == Judged::shards;
      if (shards && !options.two_shards) continue;
      try_once(options, row, shards ? options.two_shards : trellis, round, outcome.trellis);
      try_once(options, row, shards ? trellis : reference, round, outcome.reference);
    }
  }
  finish(outcomes);
  return outcomes;
}

bool smoke_all(const ComparisonOptions& options) {
  bool passed = true;
  const auto smoke = [&](const std::optional<BrokerRecipe>& recipe, const std::string& setup) {
    if (!recipe) return;
    const std::string layer = setup == "tls" || setup == "websocket" ? setup : "none";
    RunningBroker broker(*recipe, options.directory);
    const auto output = options.directory / "trellis-bench.out";
    Child generator(generator_command(options, *recipe, broker, {"--smoke", "--layer", layer}),
                    options.generator_placement, output);
    const auto code = generator.wait(std::chrono::seconds(120));
    options.progress(recipe->name + (code == 0 ? ": passed" : ": FAILED\n" + read_file(output)));
    passed = passed && code == 0;
  };
  smoke(options.two_shards, "none");
  for (const auto& [setup, opponents] : options.by_setup) {
    smoke(opponents.trellis, setup);
    smoke(opponents.reference, setup);
  }
  return passed;
}

}  // namespace trellis::bench
