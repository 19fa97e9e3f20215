// What configure() says to settings: the schema's examples, and as many others as the seed has.
#include <algorithm>
#include <trellis/schema/json_text.hpp>
#include <trellis/testing/normalise.hpp>
#include <trellis/view.hpp>

#include "random_settings.hpp"
#include "subject.hpp"

namespace trellis::check {
namespace {

using testing::Instance;
using testing::TestHost;

/// What the plugin answers to these settings when it has never seen others. again: it did, so its library is set up.
std::string answer(const Subject& subject, const std::string& settings, bool again, Voice& say) {
  TestHost host({.guarded = true, .forgives = true});
  Instance instance(host.world(), subject.entry);
  const std::size_t files = open_files();
  Result<void> result = instance.create();
  if (result) result = instance.configure(settings);
  if (again && open_files() > files) say.bad(Rule::configure, "configure() opens a file");
  const std::string said = result ? "" : result.error().text;
  instance.destroy();
  for (const std::string& violation : host.take_violations()) {
    say.bad(rule_of(violation), violation + " (configured with " + settings + ")");
  }
  return said;
}

void check_examples(const Subject& subject, const schema::Schema& schema, Voice& say) {
  std::vector<std::string> all;
  for (const Json::Value& example : schema.root().examples) all.push_back(schema::to_exact(example));
  std::size_t taken = 0;
  for (const std::string& example : all) {
    say.doing("configured with the example " + example, Rule::examples);
    const std::string refusal = answer(subject, without_references(example), false, say);
    if (refusal.empty()) {
      ++taken;
    } else {
      say.bad(Rule::examples, "refuses " + example + ", which its schema gives as an example: " + refusal);
    }
  }
  if (taken == all.size() && taken > 0) {
    say.good(Rule::examples, "takes the examples of its schema: " + std::to_string(taken));
  }
}

struct Tally {
  std::uint32_t valid = 0;
  std::uint32_t taken = 0;
  std::uint32_t bad = 0;
};

/// One made-up configuration, given to the plugin twice.
void try_settings(const Subject& subject, const std::string& settings, Voice& say, Tally& tally) {
  if (!testing::normalise(text(subject.entry.descriptor->config_schema), settings)) return;
  ++tally.valid;
  say.doing("configured with " + settings, Rule::configure);
  const std::string first = answer(subject, settings, false, say);
  tally.taken += first.empty() ? 1U : 0U;
  const std::string again = answer(subject, settings, true, say);
  if (first == again) return;
  ++tally.bad;
  const auto shown = [](const std::string& said) { return said.empty() ? "takes them" : "says \"" + said + "\""; };
  say.bad(Rule::configure,
          "configured with " + settings + " it " + shown(first) + " and then, new again, " + shown(again));
}

void check_random(const Subject& subject, const schema::Schema& schema, Voice& say) {
  RandomSettings random(schema, subject.options.seed);
  Tally tally;
  // A library may set itself up once; what stays open after that is the plugin's.
  try_settings(subject, "{}", say, tally);
  const std::size_t files = open_files();
  const std::size_t running = threads();
  tally = {};
  for (std::uint32_t i = 0; i < subject.options.rounds && tally.bad < 3; ++i) {
    try_settings(subject, random.next(), say, tally);
  }
  if (open_files() > files) say.bad(Rule::configure, "configure() opens files that stay open after destroy()");
  if (threads(running) > running) say.bad(Rule::configure, "configure() starts threads that run on after destroy()");
  say.good(Rule::configure, "answers " + std::to_string(tally.valid) +
                                " random settings that keep to its schema, and takes " + std::to_string(tally.taken) +
                                " (seed " + std::to_string(subject.options.seed) + ")");
}

}  // namespace

void check_settings(const Subject& subject, Voice& say) {
  schema::Diagnostics problems;
  const std::string_view schema_text = text(subject.entry.descriptor->config_schema);
  if (schema_text.empty()) return;
  const auto schema = schema::Schema::parse(schema_text, "config_schema", problems);
  if (!schema) return;
  check_examples(subject, *schema, say);
  check_random(subject, *schema, say);
}

}  // namespace trellis::check
