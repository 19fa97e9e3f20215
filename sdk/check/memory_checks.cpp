// What is left of a plugin, and what it allocates where it must not.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <thread>
#include <trellis/json.hpp>
#include <vector>

#include "heap.hpp"
#include "subject.hpp"

namespace trellis::check {
namespace {

using namespace std::chrono_literals;
using testing::Instance;
using testing::TestHost;
using testing::TestHostOptions;

constexpr int kWarmUp = 3;
constexpr int kRounds = 5;
constexpr auto kPatience = 2s;  // a plugin whose end takes long is not looked at so often
constexpr auto kSilent = static_cast<Level>(TRELLIS_LOG_ERROR + 1);  // lines that nobody keeps

std::size_t entries(const char* folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

/// What there is after each of some rounds.
struct Kept {
  std::vector<std::int64_t> bytes, files, threads;
};

/// What every round adds; 0 unless each of them does, or where there were too few. Caches fill, leaks go on.
std::int64_t growth(const std::vector<std::int64_t>& amounts) {
  if (amounts.size() < 4) return 0;
  const bool grows = std::adjacent_find(amounts.begin(), amounts.end(), std::greater_equal<>()) == amounts.end();
  return grows ? (amounts.back() - amounts.front()) / static_cast<std::int64_t>(amounts.size() - 1) : 0;
}

Kept keep_house(const std::function<void()>& round) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  const auto in_time = [&] { return std::chrono::steady_clock::now() < end; };
  for (int i = 0; i < kWarmUp && in_time(); ++i) round();
  Kept kept;
  for (auto* amounts : {&kept.bytes, &kept.files, &kept.threads}) amounts->reserve(kRounds + 1);
  std::size_t running = threads();
  for (int i = 0; i <= kRounds && in_time(); ++i) {
    if (i > 0) round();
    running = threads(running);
    kept.threads.push_back(static_cast<std::int64_t>(running));
    kept.files.push_back(static_cast<std::int64_t>(open_files()));
    kept.bytes.push_back(heap::live());
  }
  return kept;
}

void live_once(const Subject& subject) {
  TestHost host({.forgives = true});
  Instance& instance = host.load(subject.entry, *subject.settings);
  std::string why_not;
  std::unique_ptr<Traffic> traffic = Traffic::of(instance, subject.options.samples, why_not);
  for (int i = 0; i < 2 && traffic != nullptr; ++i) traffic->run(0);
  traffic.reset();
  instance.drain(0ms);
  host.advance(50ms);
  instance.destroy();
}

void check_opened(const Subject& subject, Voice& say) {
  TestHost host({.log_level = kSilent, .forgives = true});
  Instance& instance = host.load(subject.entry, *subject.settings);
  const bool compiles = subject.entry.descriptor->kind == TRELLIS_KIND_PREDICATE;
  const Samples& samples = subject.options.samples;
  const std::string text = (compiles ? samples.filter : samples.destination).value_or("{}");
  const auto round = [&] {
    for (int i = 0; i < 8; ++i) {
      compiles ? testing::PredicateDriver(instance).refusal(text) : testing::HandlerDriver(instance).refusal(text);
    }
    host.turn();
    host.take_violations();
  };
  const char* const function = compiles ? "compile()" : "open()";
  say.doing(std::string(function) + " and release() over and over", Rule::memory);
  if (const std::int64_t bytes = growth(keep_house(round).bytes); bytes > 0) {
    say.bad(Rule::memory, "loses " + std::to_string(bytes / 8) + " bytes with every " + function + " and release()");
  }
  instance.destroy();
}

}  // namespace

std::size_t threads(std::size_t expected) {
  std::size_t running = entries("/proc/self/task");
  // One that was joined may be seen for a moment yet.
  for (int i = 0; i < 100 && expected > 0 && running > expected; ++i) {
    std::this_thread::sleep_for(1ms);
    running = entries("/proc/self/task");
  }
  return running;
}

std::size_t open_files() { return entries("/proc/self/fd"); }

void tell(TestHost& host, Voice& say) {
  for (const std::string& violation : host.take_violations()) say.bad(rule_of(violation), violation);
  for (const std::string& left : host.left_behind()) {
    say.bad(left.find("retained") != std::string::npos ? Rule::retained : Rule::stop, left);
  }
  if (host.wrong_answers() > 0) say.bad(Rule::tokens, "answers tokens that had their answer, or never were given out");
}

void check_memory(const Subject& subject, Voice& say) {
  say.doing("made and destroyed over and over", Rule::memory);
  const Kept kept = keep_house([&] { live_once(subject); });
  const auto expect_none = [&](Rule rule, const std::vector<std::int64_t>& amounts, const char* what) {
    const std::int64_t more = growth(amounts);
    if (more > 0) say.bad(rule, "every life leaves " + std::to_string(more) + " " + what);
  };
  expect_none(Rule::memory, kept.bytes, "bytes that nobody frees");
  expect_none(Rule::stop, kept.files, "files open");
  expect_none(Rule::stop, kept.threads, "threads running");
  const std::uint32_t kind = subject.entry.descriptor->kind;
  if (kind == TRELLIS_KIND_PREDICATE || kind == TRELLIS_KIND_HANDLER) check_opened(subject, say);
  if (heap::counted()) {
    say.good(Rule::memory, "frees what it allocates");
  } else {
    say.skipped(Rule::memory, "allocations cannot be counted beside a sanitizer");
  }
}

void check_allocation(const Subject& subject, Voice& say) {
  constexpr std::uint32_t kBatch = 64;
  constexpr std::uint64_t kOften = 8;
  const std::uint32_t kind = subject.entry.descriptor->kind;
  const bool promised = kind == TRELLIS_KIND_STAGE || kind == TRELLIS_KIND_PREDICATE || kind == TRELLIS_KIND_AUTHORIZER;
  if (!promised || !heap::counted()) return;
  TestHost host({.log_level = kSilent, .forgives = true});
  Instance& instance = host.load(subject.entry, *subject.settings);
  std::string why_not;
  std::unique_ptr<Traffic> traffic = Traffic::of(instance, subject.options.samples, why_not);
  if (traffic == nullptr) return;
  say.doing("asked about the same again and again");
  // The least of several: what grows once, or now and then, is not per message.
  const auto least = [&](std::uint32_t count) {
    std::uint64_t fewest = UINT64_MAX;
    for (int i = 0; i < 6; ++i) {
      const std::uint64_t before = heap::hot_allocations();
      traffic->batch(count);
      fewest = std::min(fewest, heap::hot_allocations() - before);
    }
    return fewest;
  };
  const std::uint64_t many = least(kBatch);
  const std::uint64_t one = least(1);
  traffic.reset();
  instance.destroy();
  host.take_violations();
  if (many >= one + kOften) {
    return say.bad(Rule::allocation, "allocates " + std::to_string(many) + " times for " + std::to_string(kBatch) +
                                         " messages or questions, and " + std::to_string(one) + " times for one");
  }
  say.good(Rule::allocation, "allocates nothing per message or question");
}

}  // namespace trellis::check
