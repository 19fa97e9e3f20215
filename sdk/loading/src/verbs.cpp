#include <fmt/format.h>
#include <trellis/abi/base.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <trellis/loading/registry.hpp>
#include <trellis/loading/verbs.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/json_schema_export.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/markdown.hpp>
#include <trellis/schema/near_match.hpp>

#include "new_plugin.hpp"

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

int plugin_new(const Values& values) {
  const Folders words = values.count("what") == 0 ? Folders() : values["what"].as<Folders>();
  if (words.size() != 2) throw WrongUsage("expected a kind and a name, such as: stage acme-size");
  const auto given = [&values](const char* option) {
    return values.count(option) == 0 ? std::string() : values[option].as<std::string>();
  };
  const NewPlugin plugin{words[0], words[1], given("vendor"), given("licence"), given("folder")};
  std::filesystem::path folder;
  try {
    folder = make_plugin(plugin, template_path());
  } catch (const std::exception& error) {
    std::cerr << "trellis plugin new: " << error.what() << '\n';
    return kFailed;
  }
  if (wants_json(values)) {
    Json::Value out;
    out["id"] = plugin_id(plugin);
    out["folder"] = folder.string();
    print(out);
    return kDone;
  }
  // Where this Trellis is installed, for those that CMake does not find by itself.
  const std::filesystem::path prefix = template_path().parent_path().parent_path().parent_path();
  std::cout << fmt::format(
      "{0} is in {1}. Build and test it:\n\n  cd {1}\n  TRELLIS_PREFIX={2} ./ci\n\nIts README.md says how to go on.\n",
      plugin_id(plugin), folder.string(), prefix.string());
  return kDone;
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

int print_version(const Values& values, const std::string& version) {
  const std::string abi = fmt::format("{}.{}", TRELLIS_ABI_MAJOR, TRELLIS_ABI_MINOR);
  if (!wants_json(values)) {
    std::cout << fmt::format("trellis {} (plugin ABI {})\n", version, abi);
    return kDone;
  }
  Json::Value out;
  out["version"] = version;
  out["abi"] = abi;
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

std::vector<Verb> plugin_file_verbs(const schema::Schema& settings, std::string version) {
  Options of_version;
  add_output(of_version);
  Options common;
  add_plugin_path(add_output(common));
  Options of_describe = common;
  of_describe.add_options()("plugin", po::value<std::string>()->value_name("ID"), "the plugin");
  Options of_new;
  add_output(of_new).add_options()("what", po::value<Folders>()->multitoken()->value_name("KIND NAME"),
                                   "stage, predicate, handler …, and what the plugin is called")(
      "folder", po::value<std::string>()->value_name("FOLDER"), "where to make it, default: named after the plugin")(
      "vendor", po::value<std::string>()->value_name("TEXT"), "who makes it")(
      "licence", po::value<std::string>()->value_name("SPDX"), "its licence, default Apache-2.0");
  return {make_verb("describe", "print the manual of a plugin, or of the configuration file", of_describe, "plugin",
                    [&settings](const Values& values) { return describe(values, settings); }),
          make_verb("plugin list", "list the plugins that are installed", common, "", &plugin_list),
          make_verb("plugin new", "make a folder to begin a plugin from", of_new, "what", &plugin_new),
          make_verb("schema", "print the JSON Schema of the configuration file, for editors", common, "",
                    [&settings](const Values& values) { return export_schema(values, settings); }),
          make_verb("version", "print the version", of_version, "",
                    [version = std::move(version)](const Values& values) { return print_version(values, version); })};
}

}  // namespace trellis::loading
