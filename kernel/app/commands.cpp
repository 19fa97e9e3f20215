// The verbs that start nothing: check, describe, plugin list, schema, version, and those of plugins.

#include <fmt/format.h>
#include <trellis/abi/base.h>
#include <trellis/abi/command.h>
#include <unistd.h>

#include <iostream>
#include <trellis/console/terminal.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/json_schema_export.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/markdown.hpp>
#include <trellis/schema/near_match.hpp>

#include "app/broker.hpp"
#include "app/options.hpp"
#include "message/message.hpp"

namespace trellis::kernel {
namespace {

using namespace console;
namespace po = boost::program_options;

void print(const Json::Value& value) { std::cout << schema::to_pretty(value) << '\n'; }

Registry registry(const Values& values) {
  auto path = plugin_path(values);
  for (const auto& folder : default_plugin_path()) path.push_back(folder);
  return Registry(std::move(path));
}

Json::Value described(const Library& library, bool with_schemas) {
  Json::Value out = schema::describe(library.descriptor(), with_schemas);
  out["file"] = library.file().string();
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
      std::cout << fmt::format("{:<26} {:<14} {:<8} {}\n", one["id"].asString(), one["kind"].asString(),
                               one["version"].asString(), one["summary"].asString());
    }
  }
  for (const std::string& error : errors) std::cerr << error << '\n';
  return errors.empty() ? kDone : kFailed;
}

int describe(const Values& values) {
  if (values.count("plugin") == 0) {
    if (wants_json(values)) {
      print(settings_schema().text());
    } else {
      std::cout << "# The configuration file\n\n" << schema::render_markdown(settings_schema());
    }
    return kDone;
  }
  std::string error;
  const std::string id = values["plugin"].as<std::string>();
  const auto library = registry(values).find(id, error);
  if (library == nullptr) {
    std::cerr << "trellis describe: " << error << schema::did_you_mean(schema::near_match(id, registry(values).ids()))
              << '\n';
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

int check(const Values& values) {
  Broker broker;  // nothing of it is started
  schema::Diagnostics problems;
  const auto loaded = load_file(config_file(values), {plugin_path(values)}, broker.services(), problems);
  const bool shown = loaded && values.count("print") != 0;
  if (wants_json(values)) {
    Json::Value out;
    out["valid"] = loaded.has_value();
    out["diagnostics"] = problems.json();
    if (shown) out["configuration"] = loaded->redacted;
    print(out);
    return loaded ? kDone : kWrongConfig;
  }
  std::cerr << problems.text(isatty(STDERR_FILENO) != 0);
  if (shown) print(loaded->redacted);
  if (loaded && !shown) std::cout << config_file(values) << " is valid\n";
  return loaded ? kDone : kWrongConfig;
}

int export_schema(const Values& values) {
  std::vector<std::string> errors;
  std::vector<schema::SchemaChoice> choices;
  schema::Diagnostics problems;
  for (const auto& library : registry(values).all(errors)) {
    const std::string id(library->id());
    const std::string_view text = text_of(library->descriptor().config_schema);
    if (text.empty()) continue;
    if (auto parsed = schema::Schema::parse(text, id, problems)) {
      choices.push_back({"/plugins/*", "plugin", id, "config", std::move(*parsed)});
    }
  }
  print(schema::export_json_schema(settings_schema(), choices));
  return kDone;
}

int version(const Values& values) {
  Json::Value out;
  out["version"] = TRELLIS_VERSION;
  out["abi"] = fmt::format("{}.{}", TRELLIS_ABI_MAJOR, TRELLIS_ABI_MINOR);
  if (wants_json(values)) {
    print(out);
  } else {
    std::cout << fmt::format("trellis {} (plugin ABI {})\n", TRELLIS_VERSION, out["abi"].asString());
  }
  return kDone;
}

int run_command(const Instance& instance, const Words& words, bool json) {
  std::vector<trellis_view> views;
  for (const std::string& word : words) views.push_back(view_of(word));
  const trellis_console terminal = console::terminal(json);
  const auto* table = instance.table<trellis_command>(TRELLIS_COMMAND);
  return table->run(instance.handle(), views.data(), static_cast<std::uint32_t>(views.size()), &terminal);
}

}  // namespace

std::vector<Verb> tool_verbs() {
  Options plain;
  add_output(plain);
  Options with_plugins = plain;
  add_plugin_path(with_plugins);
  Options of_check = with_plugins;
  add_config(of_check).add_options()("print", "print it with all defaults, secrets hidden");
  Options of_describe = with_plugins;
  of_describe.add_options()("plugin", po::value<std::string>()->value_name("ID"), "the plugin");
  return {make_verb("check", "check a configuration without starting anything", of_check, "config", &check),
          make_verb("describe", "print the manual of a plugin, or of the configuration file", of_describe, "plugin",
                    &describe),
          make_verb("plugin list", "list the plugins that are installed", with_plugins, "", &plugin_list),
          make_verb("schema", "print the JSON Schema of the configuration file, for editors", with_plugins, "",
                    &export_schema),
          make_verb("version", "print the version", plain, "", &version)};
}

std::vector<Verb> plugin_verbs() {
  std::vector<std::string> errors;
  std::vector<Verb> verbs;
  const auto broker = std::make_shared<Broker>();  // nothing of it is started
  for (const auto& library : Registry(default_plugin_path()).all(errors)) {
    std::string error;
    const auto instance = Instance::create(library, std::string(library->id()), broker->services(), error);
    const auto* command = instance == nullptr ? nullptr : instance->table<trellis_command>(TRELLIS_COMMAND);
    if (command == nullptr) continue;
    // The broker offers what the instance uses, so it is destroyed last.
    verbs.push_back(make_verb(std::string(text_of(command->verb)), std::string(text_of(command->summary)),
                              [home = std::pair(broker, instance)](const auto& words, bool json) {
                                return run_command(*home.second, words, json);
                              }));
  }
  return verbs;
}

}  // namespace trellis::kernel
