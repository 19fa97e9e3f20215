#include "app/run_commands.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "app/broker.hpp"
#include "app/quick_start.hpp"
#include "observe/log.hpp"

namespace trellis::kernel {
namespace {

namespace po = boost::program_options;
using Values = po::variables_map;

// Every connection is a descriptor: take as many as the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void announce(const Broker& broker, bool json) {
  for (const BoundListener& listener : broker.listening()) {
    if (json) {
      std::cout << fmt::format(R"({{"listening":{},"address":{}}})", log::json_string(listener.name),
                               log::json_string(listener.address))
                << '\n';
    } else {
      std::cout << fmt::format("listening {} {}\n", listener.name, listener.address);
    }
  }
  std::cout << (json ? "{\"ready\":true}\n" : "ready\n") << std::flush;
}

LoadOptions load_options(const Values& values) {
  LoadOptions options;
  if (values.count("plugin-path") == 0) return options;
  for (const std::string& folder : values["plugin-path"].as<std::vector<std::string>>()) {
    options.extra_path.emplace_back(folder);
  }
  return options;
}

bool wants_json(const Values& values) {
  return values.count("output") != 0 && values["output"].as<std::string>() == "json";
}

int start_and_run(Broker& broker, std::optional<Loaded> loaded, const schema::Diagnostics& problems, bool json,
                  const std::function<void()>& hints, std::function<std::optional<Loaded>(const Instances&)> reload) {
  if (!problems.empty()) std::cerr << problems.text(isatty(STDERR_FILENO) != 0);
  if (!loaded) return kWrongConfig;
  raise_descriptor_limit();
  log::start(loaded->settings.log);
  for (const auto& [component, level] : loaded->settings.log_levels) log::set_level(component, level);
  std::string error;
  if (!broker.start(std::move(*loaded), error)) {
    log::stop();
    std::cerr << "trellis: " << error << '\n';
    return kFailed;
  }
  announce(broker, json);
  hints();
  broker.run(std::move(reload));
  log::info("app", "stopped");
  log::stop();
  return kDone;
}

int run(const Values& values) {
  const std::string file = values["config"].as<std::string>();
  LoadOptions options = load_options(values);
  Broker broker;
  schema::Diagnostics problems;
  auto loaded = load_file(file, options, broker.services(), problems);
  const auto reload = [&](const Instances& running) -> std::optional<Loaded> {
    schema::Diagnostics found;
    options.running = &running;
    auto next = load_file(file, options, broker.services(), found);
    if (!next) log::error("app", "reload refused, nothing was changed: the configuration is wrong");
    for (const auto& problem : found) {
      log::error("app", fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message));
    }
    return next;
  };
  return start_and_run(
      broker, std::move(loaded), problems, wants_json(values), [] {}, reload);
}

int dev(const Values& values) {
  const std::optional<QuickStart> quick = find_quick_start();
  if (!quick) {
    std::cerr << "trellis dev: the quick-start configuration share/trellis/dev.json is missing; install it again\n";
    return kFailed;
  }
  setenv("TRELLIS_DEV_PORT", std::to_string(values["port"].as<std::uint16_t>()).c_str(), 1);
  setenv("TRELLIS_DEV_HTTP_PORT", std::to_string(values["http-port"].as<std::uint16_t>()).c_str(), 1);
  Broker broker;
  schema::Diagnostics problems;
  auto loaded = load_file(quick->config, load_options(values), broker.services(), problems);
  const bool json = wants_json(values);
  const auto hints = [&] {
    if (!json) std::cout << hints_for(*quick, broker.listening()) << std::flush;
  };
  return start_and_run(broker, std::move(loaded), problems, json, hints, [](const Instances&) -> std::optional<Loaded> {
    log::info("app", "nothing to reload: the quick-start configuration does not change");
    return std::nullopt;
  });
}

}  // namespace

std::vector<Verb> run_verbs() {
  Verb one{"run", "", "run the broker", {}, {"config"}, &run};
  one.options.add_options()("config,c", po::value<std::string>()->default_value("trellis.json")->value_name("FILE"),
                            "the configuration file")(
      "plugin-path", po::value<std::vector<std::string>>()->value_name("FOLDER"),
      "further folder to look for plugins in; may be given several times")(
      "output,o", po::value<std::string>()->value_name("FORMAT"), "json: what is printed on standard output as JSON");
  Verb two{"dev", "", "run a broker to try out: loopback only, made-up credentials", {}, {}, &dev};
  two.options.add_options()("port", po::value<std::uint16_t>()->default_value(1883)->value_name("PORT"),
                            "for MQTT; 0 takes a free one")(
      "http-port", po::value<std::uint16_t>()->default_value(9090)->value_name("PORT"),
      "for metrics and health; 0 takes a free one")("plugin-path",
                                                    po::value<std::vector<std::string>>()->value_name("FOLDER"),
                                                    "further folder to look for plugins in")(
      "output,o", po::value<std::string>()->value_name("FORMAT"), "json: what is printed on standard output as JSON");
  return {one, two};
}

}  // namespace trellis::kernel
