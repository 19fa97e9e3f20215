// The verbs that run the broker: run and dev.

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <trellis/brand/brand.hpp>
#include <trellis/loading/verbs.hpp>
#include <trellis/runtime/acceptor.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/schema/quoted.hpp>

#include "app/broker.hpp"
#include "app/options.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

using namespace console;
using loading::add_config;
using loading::config_file;
namespace po = boost::program_options;
namespace fs = std::filesystem;

void announce(const Broker& broker, bool json) {
  if (!json && !brand::brand().banner.empty()) std::cout << brand::brand().banner << '\n';
  for (const BoundListener& listener : broker.listening()) {
    if (json) {
      std::cout << fmt::format(R"({{"listening":{},"address":{}}})", schema::quoted(listener.name),
                               schema::quoted(listener.address))
                << '\n';
    } else {
      std::cout << fmt::format("listening {} {}\n", listener.name, listener.address);
    }
  }
  std::cout << (json ? "{\"ready\":true}\n" : "ready\n") << std::flush;
}

// What a file says now, for a broker that runs with what it said before.
std::optional<Loaded> load_again(const fs::path& file, const Values& values, const Broker& broker,
                                 const Instances& running) {
  schema::Diagnostics problems;
  auto next = load_file(file, {loading::plugin_path(values), &running}, broker.services(), problems);
  if (!next) log::error("app", "reload refused, nothing was changed: the configuration is wrong");
  for (const auto& problem : problems) {
    const auto level = problem.severity == schema::Severity::error ? log::Level::error : log::Level::warn;
    log::write("app", level, schema::place_text(problem) + ": " + sentence(problem));
  }
  return next;
}

int start_and_run(const fs::path& file, const Values& values, const std::function<void(const Broker&)>& hint = {}) {
  Broker broker;
  schema::Diagnostics problems;
  auto loaded = load_file(file, {loading::plugin_path(values)}, broker.services(), problems);
  std::cerr << problems.text(isatty(STDERR_FILENO) != 0);
  if (!loaded) return kWrongConfig;
  raise_descriptor_limit();
  log::start(loaded->settings.log);
  std::string error;
  if (!broker.start(std::move(*loaded), error)) {
    log::stop();
    std::cerr << brand::brand().program << ": " << error << '\n';
    return kFailed;
  }
  // What the configuration and its schemas were read with lies between what stays.
  ::malloc_trim(0);
  announce(broker, wants_json(values));
  if (hint && !wants_json(values)) hint(broker);
  broker.run([&](const Instances& running) { return load_again(file, values, broker, running); });
  log::info("app", "stopped");
  log::stop();
  return kDone;
}

int run(const Values& values) { return start_and_run(config_file(values), values); }

// ---- dev: its configuration and what it tells the user to try are files of the installation, so that whoever ships a
// build of their own ships their own quick start with it.

// The text of a file, with {NAME.host} and {NAME.port} replaced by what the listener NAME is bound to.
std::string hints(const fs::path& path, const std::vector<BoundListener>& listening) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto replace_all = [&text](const std::string& what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
      text.replace(at, what.size(), by);
    }
  };
  for (const BoundListener& listener : listening) {
    const std::size_t colon = listener.address.rfind(':');
    replace_all("{" + listener.name + ".host}", listener.address.substr(0, colon));
    replace_all("{" + listener.name + ".port}", listener.address.substr(colon + 1));
  }
  return text;
}

int dev(const Values& values) {
  std::error_code code;
  const std::string program(brand::brand().program);
  const fs::path folder = fs::read_symlink("/proc/self/exe", code).parent_path().parent_path() / "share" / program;
  const std::string name = values.count("events") != 0 ? "dev-events" : "dev";
  if (code || !fs::exists(folder / (name + ".json"), code)) {
    std::cerr << fmt::format("{0} dev: its configuration share/{0}/{1}.json is missing; install it again\n", program,
                             name);
    return kFailed;
  }
  setenv("TRELLIS_DEV_PORT", std::to_string(values["port"].as<std::uint16_t>()).c_str(), 1);
  setenv("TRELLIS_DEV_HTTP_PORT", std::to_string(values["http-port"].as<std::uint16_t>()).c_str(), 1);
  const auto hint = [&](const Broker& broker) {
    std::cout << hints(folder / (name + ".txt"), broker.listening()) << std::flush;
  };
  return start_and_run(folder / (name + ".json"), values, hint);
}

}  // namespace

std::vector<Verb> run_verbs() {
  const auto port = [](std::uint16_t usual) {
    return po::value<std::uint16_t>()->default_value(usual)->value_name("PORT");
  };
  Options common;
  add_output(loading::add_plugin_path(common));
  Options of_run = common;
  add_config(of_run);
  Options of_dev = common;
  of_dev.add_options()("port", port(1883), "for clients; 0 takes a free one")(
      "http-port", port(9090), "for metrics and health; 0 takes a free one")(
      "events", "with a topic to publish events to over HTTP");
  return {make_verb("run", "run the broker", of_run, "config", &run),
          make_verb("dev", "run a broker to try out: loopback only, made-up credentials", of_dev, "", &dev)};
}

}  // namespace trellis::kernel
