// What a running plugin does when it is called: views, answers, any text, several shards at once.
#include <algorithm>
#include <trellis/json.hpp>
#include <trellis/schema/descriptor.hpp>

#include "subject.hpp"

namespace trellis::check {
namespace {

using namespace std::chrono_literals;
using testing::Instance;
using testing::TestHost;
using testing::TestHostOptions;

/// Whether the plugin opens or compiles something, and somebody said what.
bool has_sample(const Subject& subject) {
  const Samples& samples = subject.options.samples;
  const std::uint32_t kind = subject.entry.descriptor->kind;
  return kind == TRELLIS_KIND_PREDICATE ? samples.filter.has_value()
                                        : kind == TRELLIS_KIND_HANDLER && samples.destination.has_value();
}

/// A life with calls in it, on pages that are closed after each.
bool call(const Subject& subject, bool eager, Voice& say) {
  TestHost host({.shards = 2, .eager = eager, .guarded = true, .forgives = true});
  say.doing("started");
  Instance& instance = host.load(subject.entry, *subject.settings);
  std::string why_not;
  say.doing("asked what a broker asks");
  std::unique_ptr<Traffic> traffic = Traffic::of(instance, subject.options.samples, why_not);
  const bool asked = traffic != nullptr;
  if (!asked && has_sample(subject)) say.bad(Rule::open, why_not);
  if (!asked && !has_sample(subject)) say.skipped(Rule::views, why_not);
  for (int round = 0; round < 3 && asked; ++round) {
    for (const std::uint32_t shard : {0U, 1U}) traffic->run(shard);
    host.advance(30ms);
  }
  say.doing("left by those who wait for it, and drained", Rule::gone);
  traffic.reset();
  instance.drain(0ms);
  host.advance(1s);
  say.doing("stopped after it was asked", Rule::stop);
  instance.destroy();
  tell(host, say);
  return asked;
}

/// Texts that are hardly what the plugin expects, some of them near to what it takes.
std::vector<std::string> strange_texts(const std::optional<std::string>& sample) {
  std::vector<std::string> out = {"",
                                  "null",
                                  "{}",
                                  "[]",
                                  "1",
                                  "-0.5e300",
                                  "true",
                                  R"("")",
                                  R"("a")",
                                  "{",
                                  R"({"a":)",
                                  std::string("\0", 1),
                                  "\xFF\xFE",
                                  std::string(500, '['),
                                  R"({"a": {"b": [null, 1, "c"]}})",
                                  "\"" + std::string(5000, 'x') + "\""};
  const auto parsed = json::parse(sample.value_or("null"));
  if (!parsed || parsed->type != json::Type::object) return out;
  // Each member in turn becomes something else.
  for (std::size_t changed = 0; changed < parsed->items.size(); ++changed) {
    for (const std::string_view value : {"null", "[]", "{}", R"("")", "-1", R"("\u0000\n")"}) {
      std::string made;
      for (std::size_t i = 0; i < parsed->items.size(); ++i) {
        made += (i == 0 ? "" : ",") + json::quote(parsed->keys[i]) + ":" +
                std::string(i == changed ? value : parsed->items[i].source);
      }
      out.push_back("{" + made + "}");
    }
  }
  return out;
}

}  // namespace

void check_calls(const Subject& subject, Voice& say) {
  if (call(subject, false, say) && call(subject, true, say)) {
    say.good(Rule::views, "reads what it borrows only while it may");
  }
}

void check_texts(const Subject& subject, Voice& say) {
  const std::uint32_t kind = subject.entry.descriptor->kind;
  if (kind != TRELLIS_KIND_PREDICATE && kind != TRELLIS_KIND_HANDLER) return;
  const bool compiles = kind == TRELLIS_KIND_PREDICATE;
  const char* const function = compiles ? "compile()" : "open()";
  const Samples& samples = subject.options.samples;
  TestHost host({.guarded = true, .forgives = true});
  Instance& instance = host.load(subject.entry, *subject.settings);
  const std::vector<std::string> texts = strange_texts(compiles ? samples.filter : samples.destination);
  for (const std::string& text : texts) {
    say.doing(std::string(function) + " called with " + json::quote(text.substr(0, 200)), Rule::open);
    // A refusal without a sentence is told of by the host.
    compiles ? testing::PredicateDriver(instance).refusal(text) : testing::HandlerDriver(instance).refusal(text);
  }
  say.doing("stopped after " + std::string(function), Rule::stop);
  instance.destroy();
  tell(host, say);
  say.good(Rule::open, std::string(function) + " answers " + std::to_string(texts.size()) + " strange texts");
}

void check_shards(const Subject& subject, Voice& say) {
  constexpr std::uint32_t kShards = 3;
  constexpr auto kTime = 60ms;
  TestHost host({.shards = kShards, .log_level = Level::error, .forgives = true});
  Instance& instance = host.load(subject.entry, *subject.settings);
  std::string why_not;
  std::unique_ptr<Traffic> traffic = Traffic::of(instance, subject.options.samples, why_not);
  if (traffic == nullptr) return;
  say.doing("asked by several shards at once", Rule::shards);
  const auto end = std::chrono::steady_clock::now() + kTime;
  host.at_once([&](std::uint32_t shard) {
    for (int round = 0; round < 100 && (round < 2 || std::chrono::steady_clock::now() < end); ++round) {
      traffic->run(shard);
    }
  });
  traffic.reset();
  say.doing("stopped after several shards asked it at once", Rule::stop);
  instance.destroy();
  const std::vector<std::string> broken = host.take_violations();
  for (const std::string& one : broken) say.bad(Rule::shards, "asked by several shards at once: " + one);
  if (broken.empty()) say.good(Rule::shards, "answers " + std::to_string(kShards) + " shards at once");
}

}  // namespace trellis::check
