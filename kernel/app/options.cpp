#include "app/options.hpp"

namespace trellis::kernel {

namespace po = boost::program_options;

console::Options& add_config(console::Options& options) {
  options.add_options()("config,c", po::value<std::string>()->default_value("trellis.json")->value_name("FILE"),
                        "the configuration file");
  return options;
}

console::Options& add_plugin_path(console::Options& options) {
  options.add_options()("plugin-path", po::value<std::vector<std::string>>()->value_name("FOLDER"),
                        "further folder to look for plugins in; may be given several times");
  return options;
}

std::string config_file(const console::Values& values) { return values["config"].as<std::string>(); }

std::vector<std::filesystem::path> plugin_path(const console::Values& values) {
  if (values.count("plugin-path") == 0) return {};
  const auto& folders = values["plugin-path"].as<std::vector<std::string>>();
  return {folders.begin(), folders.end()};
}

}  // namespace trellis::kernel
