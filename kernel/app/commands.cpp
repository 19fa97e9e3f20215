// What the verbs do that start nothing: check, describe, plugin list, schema, version.

#include <fmt/format.h>
#include <trellis/abi/base.h>
#include <unistd.h>

#include <iostream>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/json_schema_export.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/markdown.hpp>

#include "app/broker.hpp"
#include "app/options.hpp"
#include "app/run_commands.hpp"
#include "app/version.hpp"
#include "message/message.hpp"
#include "plugin/registry.hpp"

namespace trellis::kernel {
namespace {

namespace po = boost::program_options;
using Values = po::variables_map;

bool wants_json(const Values& values) {
  return values.count("output") != 0 && values["output"].as<std::string>() == "json";
}

void add_output(po::options_description& options, const char* formats) {
  options.add_options()("output,o", po::value<std::string>()->value_name("FORMAT"), formats);
}

std::vector<std::filesystem::path> extra_path(const Values& values) {
  std::vector<std::filesystem::path> path;
  if (values.count("plugin-path") == 0) return path;
  for (const std::string& folder : values["plugin-path"].as<std::vector<std::string>>()) path.emplace_back(folder);
  return path;
}

void add_plugin_path(po::options_description& options) {
  options.add_options()("plugin-path", po::value<std::vector<std::string>>()->value_name("FOLDER"),
                        "further folder to look for plugins in; may be given several times");
}

Json::Value described(const Library& library, bool with_schemas) {
  Json::Value out = schema::describe(library.descriptor(), with_schemas);
  out["file"] = library.file().string();
  return out;
}

std::vector<std::shared_ptr<const Library>> installed(const Values& values, std::vector<std::string>& errors) {
  auto path = extra_path(values);
  for (const auto& folder : default_plugin_path()) path.push_back(folder);
  return Registry(path).all(errors);
}

int plugin_list(const Values& values) {
  std::vector<std::string> errors;
  Json::Value list(Json::arrayValue);
  for (const auto& library : installed(values, errors)) list.append(described(*library, false));
  if (wants_json(values)) {
    std::cout << schema::to_pretty(list) << '\n';
  } else {
    for (const Json::Value& one : list) {
      std::cout << fmt::format("{:<26} {:<14} {:<8} {}\n", one["id"].asString(), one["kind"].asString(),
                               one["version"].asString(), one["summary"].asString());
    }
  }
  for (const std::string& error : errors) std::cerr << error << '\n';
  return errors.empty() ? kDone : kFailed;
}

int describe_configuration(const Values& values) {
  if (wants_json(values)) {
    std::cout << schema::to_pretty(settings_schema().text()) << '\n';
  } else {
    std::cout << "# The configuration file\n\n" << schema::render_markdown(settings_schema());
  }
  return kDone;
}

int describe(const Values& values) {
  if (values.count("plugin") == 0) return describe_configuration(values);
  auto path = extra_path(values);
  for (const auto& folder : default_plugin_path()) path.push_back(folder);
  std::string error;
  const auto library = Registry(path).find(values["plugin"].as<std::string>(), error);
  if (library == nullptr) {
    std::cerr << "trellis describe: " << error << '\n';
    return kFailed;
  }
  if (!wants_json(values)) {
    std::cout << schema::manual(library->descriptor());
    return kDone;
  }
  std::cout << schema::to_pretty(described(*library, true)) << '\n';
  return kDone;
}

int check(const Values& values) {
  Broker broker;  // nothing of it is started
  schema::Diagnostics problems;
  LoadOptions options;
  options.extra_path = extra_path(values);
  const auto loaded = load_file(values["config"].as<std::string>(), options, broker.services(), problems);
  if (wants_json(values)) {
    Json::Value out;
    out["valid"] = loaded.has_value();
    out["diagnostics"] = problems.json();
    if (loaded && values.count("print") != 0) out["configuration"] = loaded->redacted;
    std::cout << schema::to_pretty(out) << '\n';
  } else {
    std::cerr << problems.text(isatty(STDERR_FILENO) != 0);
    if (loaded && values.count("print") != 0) {
      std::cout << schema::to_pretty(loaded->redacted) << '\n';
    } else if (loaded) {
      std::cout << values["config"].as<std::string>() << " is valid\n";
    }
  }
  return loaded ? kDone : kWrongConfig;
}

int schema(const Values& values) {
  std::vector<std::string> errors;
  std::vector<schema::SchemaChoice> choices;
  schema::Diagnostics problems;
  for (const auto& library : installed(values, errors)) {
    const std::string id(library->id());
    if (library->descriptor().config_schema.size == 0) continue;
    if (auto parsed = schema::Schema::parse(text_of(library->descriptor().config_schema), id, problems)) {
      choices.push_back({"/plugins/*", "plugin", id, "config", std::move(*parsed)});
    }
  }
  std::cout << schema::to_pretty(schema::export_json_schema(settings_schema(), choices)) << '\n';
  return kDone;
}

int version(const Values& values) {
  if (wants_json(values)) {
    Json::Value out;
    out["version"] = kVersion;
    out["abi"] = fmt::format("{}.{}", TRELLIS_ABI_MAJOR, TRELLIS_ABI_MINOR);
    std::cout << schema::to_pretty(out) << '\n';
  } else {
    std::cout << fmt::format("trellis {} (plugin ABI {}.{})\n", kVersion, TRELLIS_ABI_MAJOR, TRELLIS_ABI_MINOR);
  }
  return kDone;
}

}  // namespace

std::vector<Verb> verbs() {
  std::vector<Verb> all = run_verbs();
  Verb check_verb{"check", "", "check a configuration without starting anything", {}, {"config"}, &check};
  check_verb.options.add_options()("config,c",
                                   po::value<std::string>()->default_value("trellis.json")->value_name("FILE"),
                                   "the configuration file")("print", "print it with all defaults, secrets hidden");
  add_plugin_path(check_verb.options);
  add_output(check_verb.options, "json for machines");
  all.push_back(std::move(check_verb));
  Verb describe_verb{"describe", "[PLUGIN]", "print the manual of a plugin, or of the configuration file",
                     {},         {"plugin"}, &describe};
  describe_verb.options.add_options()("plugin", po::value<std::string>()->value_name("ID"), "the plugin");
  add_plugin_path(describe_verb.options);
  add_output(describe_verb.options, "markdown (default) or json");
  all.push_back(std::move(describe_verb));
  Verb list_verb{"plugin list", "", "list the plugins that are installed", {}, {}, &plugin_list};
  add_plugin_path(list_verb.options);
  add_output(list_verb.options, "json for machines");
  all.push_back(std::move(list_verb));
  Verb schema_verb{"schema", "", "print the JSON Schema of the configuration file, for editors", {}, {}, &schema};
  add_plugin_path(schema_verb.options);
  add_output(schema_verb.options, "json, the only format");
  all.push_back(std::move(schema_verb));
  Verb version_verb{"version", "", "print the version", {}, {}, &version};
  add_output(version_verb.options, "json for machines");
  all.push_back(std::move(version_verb));
  return all;
}

}  // namespace trellis::kernel
