// The groups of checks, one after the other.
#include "checks.hpp"

#include <regex>
#include <trellis/json.hpp>
#include <trellis/loading/library.hpp>
#include <trellis/testing/normalise.hpp>
#include <trellis/view.hpp>

#include "subject.hpp"

namespace trellis::check {
namespace {

/// Settings the plugin might be configured with, or nothing when it must be told.
std::optional<std::string> settings_for(const trellis_descriptor& facts, const CheckOptions& options) {
  if (options.settings) return options.settings;
  const std::string_view schema = text(facts.config_schema);
  if (testing::normalise(schema, "{}")) return "{}";
  const auto parsed = json::parse(schema);
  const json::Value* examples = parsed ? parsed->find("examples") : nullptr;
  if (examples == nullptr || examples->items.empty()) return std::nullopt;
  return without_references(std::string(examples->items.front().source));
}

}  // namespace

std::string without_references(const std::string& example) {
  static const std::regex reference(R"(\$\{(env|file):[^}]*\})");
  return std::regex_replace(example, reference, "0123456789abcdef0123456789abcdef");
}

Report check_file(const std::string& path, const CheckOptions& options) {
  Report report(path, options.waived);
  const auto trial = [&](const std::function<void(Voice&)>& body) { return run_trial(report, options.deadline, body); };
  if (!trial([&](Voice& say) { check_library(path, say); }) || !report.usable()) return report;
  // It did no harm there, so it does none here: every group finds it loaded.
  std::string error;
  const auto library = loading::Library::open(path, error);
  if (library == nullptr) return report;
  const Subject subject{library->entry(), options, settings_for(library->descriptor(), options)};
  const auto group = [&](void (*check)(const Subject&, Voice&)) {
    return trial([&](Voice& say) { check(subject, say); });
  };
  group(&check_settings);
  const bool lives = group(&check_life);
  group(&check_orders);
  const bool starts = lives && report.found(Rule::start, Mark::good);
  if (!starts || report.found(Rule::tables, Mark::bad)) return report;
  for (const auto check : {&check_calls, &check_texts, &check_shards, &check_memory, &check_allocation}) group(check);
  return report;
}

}  // namespace trellis::check
