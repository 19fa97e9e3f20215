#include "new_plugin_verb.hpp"

#include <fmt/format.h>
#include <json/value.h>

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <trellis/brand/brand.hpp>
#include <trellis/schema/json_text.hpp>

#include "new_plugin.hpp"

namespace trellis::loading {
namespace {

using namespace console;
namespace po = boost::program_options;

int plugin_new(const Values& values) {
  const Words words = values.count("what") == 0 ? Words() : values["what"].as<Words>();
  if (words.size() != 2) throw WrongUsage("expected a kind and a name, such as: stage acme-size");
  const auto given = [&values](const char* option) {
    return values.count(option) == 0 ? std::string() : values[option].as<std::string>();
  };
  const NewPlugin plugin{words[0], words[1], given("vendor"), given("licence"), given("folder")};
  std::filesystem::path folder;
  try {
    folder = make_plugin(plugin, template_path());
  } catch (const std::exception& error) {
    std::cerr << brand::brand().program << " plugin new: " << error.what() << '\n';
    return kFailed;
  }
  if (wants_json(values)) {
    Json::Value out;
    out["id"] = plugin_id(plugin);
    out["folder"] = folder.string();
    std::cout << schema::to_pretty(out) << '\n';
    return kDone;
  }
  // Where this Trellis is installed, for those that CMake does not find by itself.
  const std::filesystem::path prefix = template_path().parent_path().parent_path().parent_path();
  std::cout << fmt::format(
      "{0} is in {1}. Build and test it:\n\n  cd {1}\n  TRELLIS_PREFIX={2} ./ci\n\nIts README.md says how to go on.\n",
      plugin_id(plugin), folder.string(), prefix.string());
  return kDone;
}

}  // namespace

Verb new_plugin_verb() {
  Options options;
  add_output(options).add_options()("what", po::value<Words>()->multitoken()->value_name("KIND NAME"),
                                    "stage, predicate, handler …, and what the plugin is called")(
      "folder", po::value<std::string>()->value_name("FOLDER"), "where to make it, default: named after the plugin")(
      "vendor", po::value<std::string>()->value_name("TEXT"), "who makes it")(
      "licence", po::value<std::string>()->value_name("SPDX"), "its licence, default Apache-2.0");
  return make_verb("plugin new", "make a folder to begin a plugin from", options, "what", &plugin_new);
}

}  // namespace trellis::loading
