#include <fmt/format.h>
#include <trellis/abi/base.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <trellis/brand/brand.hpp>
#include <trellis/loading/registry.hpp>
#include <trellis/loading/verbs.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/json_schema_export.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/markdown.hpp>
#include <trellis/schema/near_match.hpp>

#include "build_verb.hpp"
#include "new_plugin_verb.hpp"
#include "signing_verbs.hpp"

namespace trellis::loading {
namespace {

using namespace console;
namespace po = boost::program_options;
using Folders = std::vector<std::string>;

void print(const Json::Value& value) { std::cout << schema::to_pretty(value) << '\n'; }

Registry registry(const Values& values) {
  auto path = plugin_path(values);
  for (const auto& folder : default_plugin_path()) path.push_back(folder);
  return Registry(std::move(path));
}

Json::Value described(const Library& library, bool with_schemas) {
  Json::Value out = schema::describe(library.descriptor(), with_schemas);
  out["file"] = library.file().string();
  const Judgement judgement = library.judgement().value_or(compiled_trust().judge(library.file()));
  out["signature"] = std::string(name_of(judgement.state));
  if (!judgement.key.empty()) out["key"] = judgement.key;
  return out;
}

int plugin_list(const Values& values) {
  std::vector<std::string> errors;
  Json::Value list(Json::arrayValue);
  for (const auto& library : registry(values).all(errors)) list.append(described(*library, false));
  if (wants_json(values)) {
    print(list);
  } else {
    for (const Json::Value& one : list) {
      std::cout << fmt::format("{:<26} {:<14} {:<8} {:<12} {}\n", one["id"].asString(), one["kind"].asString(),
                               one["version"].asString(), one["signature"].asString(), one["summary"].asString());
    }
  }
  for (const std::string& error : errors) std::cerr << error << '\n';
  return errors.empty() ? kDone : kFailed;
}

int describe_settings(const Values& values, const schema::Schema& settings) {
  if (wants_json(values)) {
    print(settings.text());
  } else {
    std::cout << "# The configuration file\n\n" << schema::render_markdown(settings);
  }
  return kDone;
}

int describe(const Values& values, const schema::Schema& settings) {
  if (values.count("plugin") == 0) return describe_settings(values, settings);
  std::string error;
  const std::string id = values["plugin"].as<std::string>();
  const auto library = registry(values).find(id, error);
  if (library == nullptr) {
    std::cerr << brand::brand().program << " describe: " << error
              << schema::did_you_mean(schema::near_match(id, registry(values).ids())) << '\n';
    return kFailed;
  }
  if (wants_json(values)) {
    print(described(*library, true));
  } else {
    std::cout << schema::manual(library->descriptor());
  }
  const std::string broken = schema::broken_schemas(library->descriptor());
  std::cerr << broken;
  return broken.empty() ? kDone : kFailed;
}

int export_schema(const Values& values, const schema::Schema& settings) {
  std::vector<std::string> errors;
  std::vector<schema::SchemaChoice> choices;
  schema::Diagnostics problems;
  for (const auto& library : registry(values).all(errors)) {
    const std::string id(library->id());
    if (library->config_schema().empty()) continue;
    if (auto parsed = schema::Schema::parse(library->config_schema(), id, problems)) {
      choices.push_back({"/plugins/*", "plugin", id, "config", std::move(*parsed)});
    }
  }
  print(schema::export_json_schema(settings, choices));
  return kDone;
}

int print_version(const Values& values) {
  const brand::Brand& brand = brand::brand();
  const std::string abi = fmt::format("{}.{}", TRELLIS_ABI_MAJOR, TRELLIS_ABI_MINOR);
  if (!wants_json(values)) {
    const std::string core = brand.vendor.empty() ? "" : fmt::format("Trellis {}, ", brand.core);
    std::cout << fmt::format("{} {} ({}plugin ABI {})\n", brand.program, brand.version, core, abi);
    return kDone;
  }
  Json::Value out;
  out["version"] = std::string(brand.version);
  out["abi"] = abi;
  if (!brand.vendor.empty()) {
    out["name"] = std::string(brand.name);
    out["vendor"] = std::string(brand.vendor);
    out["trellis"] = std::string(brand.core);
  }
  print(out);
  return kDone;
}

}  // namespace

Options& add_plugin_path(Options& options) {
  options.add_options()("plugin-path", po::value<Folders>()->value_name("FOLDER"),
                        "further folder to look for plugins in; may be given several times");
  return options;
}

std::vector<std::filesystem::path> plugin_path(const Values& values) {
  const Folders folders = values.count("plugin-path") == 0 ? Folders() : values["plugin-path"].as<Folders>();
  return {folders.begin(), folders.end()};
}

Options& add_config(Options& options) {
  const std::string usual(brand::brand().config_file);
  options.add_options()("config,c", po::value<std::string>()->default_value(usual)->value_name("FILE"),
                        "the configuration file");
  return options;
}

std::string config_file(const Values& values) { return values["config"].as<std::string>(); }

std::vector<Verb> plugin_file_verbs(const schema::Schema& settings) {
  Options of_version;
  add_output(of_version);
  Options common;
  add_plugin_path(add_output(common));
  Options of_describe = common;
  of_describe.add_options()("plugin", po::value<std::string>()->value_name("ID"), "the plugin");
  std::vector<Verb> verbs = {
      make_verb("describe", "print the manual of a plugin, or of the configuration file", of_describe, "plugin",
                [&settings](const Values& values) { return describe(values, settings); }),
      make_verb("plugin list", "list the plugins that are installed", common, "", &plugin_list)};
  verbs.push_back(new_plugin_verb());
  for (Verb& verb : signing_verbs()) verbs.push_back(std::move(verb));
  verbs.push_back(build_verb());
  verbs.push_back(make_verb("schema", "print the JSON Schema of the configuration file, for editors", common, "",
                            [&settings](const Values& values) { return export_schema(values, settings); }));
  verbs.push_back(make_verb("version", "print the version", of_version, "", &print_version));
  return verbs;
}

}  // namespace trellis::loading
