// The life of a plugin: in the order of the life cycle, in all others that are legal, and beside its like.
#include <functional>
#include <trellis/schema/descriptor.hpp>
#include <trellis/tables.hpp>
#include <trellis/view.hpp>

#include "subject.hpp"

namespace trellis::check {
namespace {

using testing::Instance;
using testing::TestHost;
using testing::TestHostOptions;

void check_tables(const Subject& subject, Instance& instance, Voice& say) {
  const std::uint32_t kind = subject.entry.descriptor->kind;
  const std::string id(schema::kind_table(kind));
  const std::string name(text(subject.entry.descriptor->id));
  if (const std::string fault = schema::table_fault(kind, instance.find_table(id), name); !fault.empty()) {
    say.bad(Rule::tables, fault);
  } else {
    say.good(Rule::tables, "offers " + id);
  }
  if (instance.find_table("org.example.no-such-table/1") != nullptr) {
    say.bad(Rule::tables, "get_table() answers a table for an id nobody knows; it must be null");
  }
}

/// Whether a store keeps and gives back, at the most it promises. What it held before stays.
void check_store(Instance& instance, Voice& say) {
  using testing::Change;
  const testing::StoreDriver store(instance);
  const auto strongest = instance.table<trellis_store>()->strongest;
  const auto expect = [&](bool holds, const std::string& sentence) {
    if (!holds) say.bad(Rule::store, sentence);
    return holds;
  };
  if (!expect(strongest >= TRELLIS_DURABILITY_VOLATILE && strongest <= TRELLIS_DURABILITY_SYNCED,
              "strongest is " + std::to_string(strongest) + ", which is no durability")) {
    return;
  }
  const auto level = static_cast<Durability>(strongest);
  const testing::Restored before = store.restore();
  const std::uint64_t queue = before.queues.empty() ? 1 : before.queues.rbegin()->first + 1;
  const std::vector<Change> added = {Change::append({{queue, 3, "x"}, {queue + 1, 9, ""}}, "body"),
                                     Change::append(queue, 5, ""), Change::noted(queue, 5, 7, 8)};
  const std::vector<Change> ended = {Change::settle(queue, 1, 100), Change::drop(queue + 1)};
  const std::vector<testing::StoredEntry> wanted = {{3, "body", "x"}, {5, "", "", {7, 8}}};
  bool holds = expect(store.put(added, level) == Status::ok, "a write is not answered with TRELLIS_OK in ten seconds");
  holds = holds && expect(store.get(queue) == wanted, "a read does not give what was written");
  holds = holds && expect(store.get(queue, 0, 1).size() == 1 && store.get(queue, 5).empty(),
                          "a read does not keep to what it is asked for");
  const bool settled = store.put(ended, level) == Status::ok;
  holds = expect(settled, "settling is not answered with TRELLIS_OK in ten seconds") && holds;
  holds = holds && expect(store.get(queue).empty() && store.get(queue + 1).empty(), "what was settled is still read");
  if (holds) say.good(Rule::store, "keeps and gives back");
}

/// Changed settings make a second instance beside the first, which goes on.
void live_beside(TestHost& host, const Subject& subject, Voice& say) {
  Instance second(host.world(), subject.entry);
  Result<void> result = second.create();
  if (result) result = second.configure(*subject.settings);
  say.doing("stopped beside one that runs", Rule::stop);
  second.destroy();
  if (!result) return say.bad(Rule::beside, "a second instance cannot live beside the first: " + result.error().text);
  say.good(Rule::beside, "a second instance lives beside the first");
}

/// The step was taken, or refused: with settings that were only guessed it may be.
bool step(Voice& say, const Subject& subject, Rule rule, const std::string& done, const Result<void>& result) {
  if (result) {
    say.good(rule, done);
  } else if (subject.options.settings) {
    say.bad(rule, "refuses " + *subject.settings + ": " + result.error().text);
  } else {
    say.skipped(rule, "refuses " + *subject.settings + " here (" + result.error().text +
                          "); pass settings it can be tried with by --settings");
  }
  return result.has_value();
}

void check_create(const Subject& subject, Voice& say) {
  // The first time a library may set itself up.
  for (int i = 0; i < 2; ++i) {
    TestHost host({.forgives = true});
    const std::size_t files = open_files();
    const std::size_t running = threads();
    Instance instance(host.world(), subject.entry);
    say.doing("created");
    if (!instance.create()) return tell(host, say);
    if (i > 0 && open_files() > files) say.bad(Rule::create, "create() opens a file");
    if (i > 0 && threads(running) > running) say.bad(Rule::create, "create() starts a thread");
    say.doing("stopped twice and destroyed when it was only created", Rule::stop);
    instance.destroy();
    tell(host, say);
  }
}

/// One order of the steps, in a host of its own. steps: c configure, s start, a start without shards, d drain, S stop.
void live(const Subject& subject, const TestHostOptions& options, const std::string& steps) {
  TestHost host(options);
  Instance instance(host.world(), subject.entry);
  Result<void> result = instance.create();
  for (std::size_t i = 0; i < steps.size() && result; ++i) {
    if (steps[i] == 'c') result = instance.configure(*subject.settings);
    if (steps[i] == 's') result = instance.start();
    if (steps[i] == 'a') result = instance.start_alone();
    if (steps[i] == 'd') instance.drain(std::chrono::milliseconds(50));
    if (steps[i] == 'S') instance.stop();
  }
  instance.destroy();
}

/// Everything the host offers but what the plugin says that it needs.
std::vector<std::string> unwanted_tables(const trellis_descriptor& facts) {
  std::vector<std::string> out = {"trellis.host.log/1",       "trellis.host.metrics/1",    "trellis.host.namespace/1",
                                  "trellis.host.borrow/1",    "trellis.host.authorizer/1", "trellis.host.dial/1",
                                  "trellis.host.backup/1",    "trellis.host.domain/1",     "trellis.host.queue/1",
                                  "trellis.host.resources/1", "trellis.host.store/1"};
  for (std::uint32_t i = 0; i < facts.wants_count; ++i) std::erase(out, std::string(text(facts.wants[i])));
  return out;
}

/// The first goes while others run.
void live_together(const Subject& subject) {
  TestHost host({.forgives = true});
  auto first = std::make_unique<Instance>(host.world(), subject.entry);
  Instance second(host.world(), subject.entry);
  Instance third(host.world(), subject.entry);
  for (Instance* one : {first.get(), &second, &third}) {
    if (!one->create() || !one->configure(*subject.settings)) return;
  }
  const bool both = first->start() && second.start();
  if (both) first->drain(std::chrono::milliseconds(0));
  first.reset();
  host.advance(std::chrono::milliseconds(50));
  third.destroy();
  second.destroy();
}

}  // namespace

void check_life(const Subject& subject, Voice& say) {
  TestHost host({.shards = 2, .guarded = true, .forgives = true});
  Instance first(host.world(), subject.entry);
  say.doing("created");
  if (const Result<void> created = first.create(); !created) {
    say.bad(Rule::create, "create() failed: " + created.error().text);
    return tell(host, say);
  }
  say.good(Rule::create, "is created");
  check_tables(subject, first, say);
  if (!subject.settings) {
    say.skipped(Rule::configure,
                "needs settings to be configured and its schema has no example; pass some with --settings");
  } else {
    say.doing("configured with " + *subject.settings);
    const bool taken = step(say, subject, Rule::configure, "is configured with " + *subject.settings,
                            first.configure(*subject.settings));
    say.doing("started with " + *subject.settings);
    if (taken && step(say, subject, Rule::start, "starts", first.start())) {
      if (subject.entry.descriptor->kind == TRELLIS_KIND_STORE) check_store(first, say);
      say.doing("created and configured beside one that runs", Rule::beside);
      live_beside(host, subject, say);
      say.doing("drained", Rule::stop);
      first.drain(std::chrono::milliseconds(0));
    }
  }
  say.doing("stopped twice and destroyed", Rule::stop);
  first.destroy();
  say.good(Rule::stop, "stops twice and is destroyed");
  tell(host, say);
}

void check_orders(const Subject& subject, Voice& say) {
  check_create(subject, say);
  if (!subject.settings) return;
  const std::vector<std::pair<const char*, const char*>> orders = {
      {"S", "stopped three times after create()"}, {"cS", "stopped after configure()"},
      {"csS", "stopped without drain()"},          {"csd", "drained and stopped"},
      {"csdS", "drained and stopped three times"}, {"caS", "stopped after start(), before a shard was opened"}};
  for (const auto& [steps, name] : orders) {
    say.doing(name, Rule::stop);
    live(subject, {.shards = 2, .forgives = true}, steps);
  }
  say.doing("run by a host without the tables that it does not want");
  live(subject, {.missing_tables = unwanted_tables(*subject.entry.descriptor), .forgives = true}, "csd");
  say.doing("run by a host that is full of metrics and takes no posts");
  live(subject, {.metrics_full = true, .shards_gone = true, .forgives = true}, "csd");
  say.doing("run as several instances, of which one ends", Rule::beside);
  live_together(subject);
  say.good(Rule::stop, "lives and ends in " + std::to_string(orders.size()) + " orders");
}

}  // namespace trellis::check
