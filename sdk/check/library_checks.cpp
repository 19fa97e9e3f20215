// What is seen of a plugin before anything of it is called.
#include <algorithm>
#include <filesystem>
#include <regex>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/loading/library.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/testing/normalise.hpp>
#include <trellis/view.hpp>

#include "subject.hpp"

namespace trellis::check {
namespace {

void check_exports(const loading::Library& library, Voice& say) {
  if (const std::string fault = schema::symbols_fault(library.symbols()); !fault.empty()) {
    say.bad(Rule::exports, fault);
  } else {
    say.good(Rule::exports, "exports " TRELLIS_PLUGIN_SYMBOL " only");
  }
}

/// Whether the broker could use the entry at all.
bool check_entry(const trellis_plugin& entry, const std::string& file, Voice& say) {
  if (const std::string fault = schema::entry_fault(&entry, file); !fault.empty()) {
    say.bad(Rule::entry, fault);
    return false;
  }
  if (entry.shard_open == nullptr && entry.shard_close != nullptr) {
    say.bad(Rule::entry, "has shard_close without shard_open, so it is never called");
  }
  say.good(Rule::entry, "needs ABI " + std::to_string(entry.abi_major) + "." + std::to_string(entry.abi_minor) +
                            " and has every function of a plugin");
  return true;
}

/// What the settings may never be, whatever the plugin takes.
void check_wrong_settings(std::string_view which, std::string_view schema, Voice& say) {
  if (testing::normalise(schema, "[]")) {
    say.bad(Rule::schema, std::string(which) + " lets a list pass where the plugin is promised an object");
  }
}

void check_schema(std::string_view which, trellis_view schema, Voice& say) {
  if (schema.size == 0) return;
  const auto checked = testing::check_schema(text(schema));
  if (!checked) return say.bad(Rule::schema, std::string(which) + ": " + checked.error().text);
  check_wrong_settings(which, text(schema), say);
  say.good(Rule::schema, std::string(which) + " is a schema");
}

void check_descriptor(const trellis_descriptor& facts, Voice& say) {
  static const std::regex semver(R"((0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)");
  static const std::regex id("[a-z][a-z0-9]*(-[a-z0-9]+)*");
  const auto quoted = [](trellis_view from) { return json::quote(text(from)); };
  say.name(text(facts.id), text(facts.version));
  bool sound = true;
  const auto expect = [&](bool holds, const std::string& sentence) {
    if (!holds) say.bad(Rule::descriptor, sentence);
    sound = sound && holds;
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
  if (sound) say.good(Rule::descriptor, "describes itself as " + std::string(schema::kind_name(facts.kind)));
  check_schema("config_schema", facts.config_schema, say);
  check_schema("namespace_schema", facts.namespace_schema, say);
}

}  // namespace

void check_library(const std::string& path, Voice& say) {
  say.doing("loaded", Rule::loads);
  std::string error;
  const auto library = loading::Library::open(path, error);
  if (library == nullptr) {
    const bool symbol = error.find("undefined symbol") != std::string::npos;
    const std::string hint = "; link the library that has it, -Wl,--no-undefined finds it at build time";
    return say.bad(Rule::loads, error + (symbol ? hint : ""));
  }
  say.good(Rule::loads, "loads");
  say.doing("looked at", Rule::entry);
  check_exports(*library, say);
  if (check_entry(library->entry(), library->file().filename().string(), say)) {
    check_descriptor(library->descriptor(), say);
  }
}

}  // namespace trellis::check
