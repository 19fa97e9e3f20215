// What the contract promises, looked at from outside.
#include "checks.hpp"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/loading/library.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/tables.hpp>
#include <trellis/testing/normalise.hpp>
#include <trellis/testing/test_host.hpp>
#include <trellis/view.hpp>

namespace trellis::check {
namespace {

constexpr std::string_view kSymbol = TRELLIS_PLUGIN_SYMBOL;

void check_exports(const loading::Library& library, Report& report) {
  if (const std::string fault = schema::symbols_fault(library.symbols()); !fault.empty()) {
    report.bad("exports", fault);
  } else {
    report.good("exports", "exports " + std::string(kSymbol) + " only");
  }
}

/// Whether the broker could use the entry at all.
bool check_entry(const trellis_plugin& entry, const std::string& file, Report& report) {
  if (const std::string fault = schema::entry_fault(&entry, file); !fault.empty()) {
    report.bad("entry", fault);
    return false;
  }
  report.good("entry", "needs ABI " + std::to_string(entry.abi_major) + "." + std::to_string(entry.abi_minor) +
                           " and has every function of a plugin");
  if (entry.shard_open == nullptr && entry.shard_close != nullptr) {
    report.bad("entry", "has shard_close without shard_open, so it is never called");
  }
  return true;
}

void check_schema(std::string_view which, trellis_view schema, Report& report) {
  if (schema.size == 0) return;
  const auto checked = testing::check_schema(text(schema));
  if (!checked) {
    report.bad("schema", std::string(which) + ": " + checked.error().text);
  } else {
    report.good("schema", std::string(which) + " is a schema");
  }
}

bool check_descriptor(const trellis_descriptor& facts, Report& report) {
  static const std::regex semver(R"((0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)");
  static const std::regex id("[a-z][a-z0-9]*(-[a-z0-9]+)*");
  const auto quoted = [](trellis_view from) { return json::quote(text(from)); };
  report.name(text(facts.id), text(facts.version));
  bool usable = true;
  const auto expect = [&](bool holds, const std::string& sentence) {
    if (!holds) report.bad("descriptor", sentence);
    usable = usable && holds;
  };
  expect(std::regex_match(std::string(text(facts.id)), id),
         "id " + quoted(facts.id) +
             " is not lower case letters and digits in words joined by '-', like \"stage-topic-prefix\"");
  expect(std::regex_match(std::string(text(facts.version)), semver),
         "version " + quoted(facts.version) + " is no semantic version like \"1.0.0\"");
  expect(facts.stability >= TRELLIS_STABILITY_EXPERIMENTAL && facts.stability <= TRELLIS_STABILITY_DEPRECATED,
         "stability " + std::to_string(facts.stability) + " is none of 1 (experimental), 2 (stable), 3 (deprecated)");
  expect(facts.summary.size > 0, "summary is empty; one sentence tells users what the plugin is for");
  expect(facts.wants_count == 0 || facts.wants != nullptr,
         "wants is null, but wants_count is " + std::to_string(facts.wants_count));
  if (usable) report.good("descriptor", "describes itself as " + std::string(schema::kind_name(facts.kind)));
  check_schema("config_schema", facts.config_schema, report);
  check_schema("namespace_schema", facts.namespace_schema, report);
  return usable;
}

/// Settings the plugin can be configured with, or nothing when it must be told.
std::optional<std::string> settings_for(const trellis_descriptor& facts, const CheckOptions& options) {
  if (options.settings) return options.settings;
  const std::string_view schema = text(facts.config_schema);
  if (testing::normalise(schema, "{}")) return "{}";
  const auto parsed = json::parse(schema);
  const json::Value* examples = parsed ? parsed->find("examples") : nullptr;
  if (examples == nullptr || examples->items.empty()) return std::nullopt;
  return std::string(examples->items.front().source);
}

/// One life: create, tables, configure, start, stop, stop, destroy.
class Life {
 public:
  Life(const trellis_plugin& entry, Report& report) : entry_(entry), report_(report) {}

  void live(const std::optional<std::string>& settings) {
    testing::TestHost host({.shards = 2});
    testing::Instance first(host.world(), entry_);
    if (!step("create", "is created", first.create())) return finish(host);
    check_tables(first);
    if (!settings) {
      report_.skipped("life",
                      "needs settings to be configured and its schema has no example; pass some with --settings");
    } else if (step("configure", "is configured with " + *settings, first.configure(*settings)) &&
               step("start", "starts", first.start())) {
      if (entry_.descriptor->kind == TRELLIS_KIND_STORE) check_store(first);
      live_beside(host, *settings);
      first.drain(std::chrono::milliseconds(0));
    }
    first.destroy();
    report_.good("stop", "stops twice and is destroyed");
    finish(host);
  }

  /// The shortest life there is.
  void stillborn() {
    testing::TestHost host;
    testing::Instance instance(host.world(), entry_);
    if (!instance.create()) return;
    instance.destroy();
    finish(host);
  }

 private:
  bool step(std::string_view check, const std::string& done, const Result<void>& result) {
    if (result) {
      report_.good(check, done);
    } else {
      report_.bad(check, std::string(check) + " failed: " + result.error().text);
    }
    return result.has_value();
  }

  void check_tables(testing::Instance& instance) {
    const std::uint32_t kind = entry_.descriptor->kind;
    const std::string id(schema::kind_table(kind));
    const std::string fault =
        schema::table_fault(kind, instance.find_table(id), std::string(text(entry_.descriptor->id)));
    if (!fault.empty()) {
      report_.bad("table", fault);
    } else {
      report_.good("table", "offers " + id);
    }
    if (instance.find_table("org.example.no-such-table/1") != nullptr) {
      report_.bad("table", "get_table() answers a table for an id nobody knows; it must be null");
    }
  }

  /// Whether a store keeps and gives back, at the most it promises. What it held before stays.
  void check_store(testing::Instance& instance) {
    using testing::Change;
    const testing::StoreDriver store(instance);
    const auto strongest = instance.table<trellis_store>()->strongest;
    const auto expect = [&](bool holds, const std::string& sentence) {
      if (!holds) report_.bad("store", sentence);
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
    bool holds =
        expect(store.put(added, level) == Status::ok, "a write is not answered with TRELLIS_OK in ten seconds");
    holds = holds && expect(store.get(queue) == wanted, "a read does not give what was written");
    holds = holds && expect(store.get(queue, 0, 1).size() == 1 && store.get(queue, 5).empty(),
                            "a read does not keep to what it is asked for");
    const bool settled = store.put(ended, level) == Status::ok;
    holds = expect(settled, "settling is not answered with TRELLIS_OK in ten seconds") && holds;
    holds = holds && expect(store.get(queue).empty() && store.get(queue + 1).empty(), "what was settled is still read");
    if (holds) report_.good("store", "keeps and gives back");
  }

  /// Changed settings make a second instance beside the first.
  void live_beside(testing::TestHost& host, const std::string& settings) {
    testing::Instance second(host.world(), entry_);
    Result<void> result = second.create();
    if (result) result = second.configure(settings);
    if (result && second.get() == nullptr) return;
    if (!result) {
      report_.bad("beside", "a second instance cannot live beside the first: " + result.error().text);
    } else {
      report_.good("beside", "a second instance lives beside the first");
    }
  }

  void finish(testing::TestHost& host) {
    for (const std::string& violation : host.take_violations()) report_.bad("promise", violation);
  }

  const trellis_plugin& entry_;
  Report& report_;
};

}  // namespace

Report check_file(const std::string& path, const CheckOptions& options) {
  Report report(path);
  std::string error;
  const auto library = loading::Library::open(path, error);
  if (library == nullptr) {
    const bool symbol = error.find("undefined symbol") != std::string::npos;
    report.bad("load",
               error + (symbol ? "; link the library that has it, -Wl,--no-undefined finds it at build time" : ""));
    return report;
  }
  check_exports(*library, report);
  const trellis_plugin& entry = library->entry();
  if (!check_entry(entry, library->file().filename().string(), report) ||
      !check_descriptor(*entry.descriptor, report)) {
    return report;
  }
  if (!report.conforms() && !testing::check_schema(library->config_schema())) return report;
  Life life(entry, report);
  life.stillborn();
  life.live(settings_for(*entry.descriptor, options));
  return report;
}

}  // namespace trellis::check
