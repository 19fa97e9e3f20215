// trellis-bench-compare: Trellis and Mosquitto in turn on this machine, one table.
#include <json/writer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "certificate.hpp"
#include "comparison.hpp"
#include "report.hpp"

namespace {

namespace po = boost::program_options;
using namespace trellis::bench;

enum ExitCode { kFine = 0, kMissed = 1, kUsage = 2, kCouldNotRun = 3 };

constexpr const char* kIntroduction =
    "Runs Trellis and what it is compared with in turn and prints what a message costs each.\n"
    "usage: trellis-bench-compare --trellis PATH --config FILE [options]\n\n"
    "exit code: 0 everything that must hold does, 1 it does not, 2 wrong usage, 3 could not run\n\n"
    "options";

struct Arguments {
  std::string trellis, config, config_two, config_tls, config_websocket, config_kept, config_synced, config_events,
      config_push;
  std::string trellis_command = "{trellis} run --config {config}";
  std::uint16_t trellis_port = 0;
  std::string mosquitto = "mosquitto", nats = "nats-server", nginx = "nginx";
  std::string generator, table = BENCH_TABLE, only, output = "text";
  std::string broker_cores = "0", generator_cores = "1", shards_cores = "0,1";
  int rounds = 3;
  double seconds = 3, warmup = 1;
  bool smoke = false, realtime = false;
};

po::options_description describe(Arguments& given) {
  po::options_description all(kIntroduction);
  auto add = all.add_options();
  add("help,h", "print this");
  add("trellis", po::value(&given.trellis), "path of the trellis program; without it only the others are measured");
  add("config", po::value(&given.config), "its config with one shard; @PORT@ in it is replaced by a free port");
  add("config-two", po::value(&given.config_two), "the same with two shards, for the rows that compare the two");
  add("config-tls", po::value(&given.config_tls),
      "one shard with a TLS listener, for the rows that measure TLS; @CERTIFICATES@ in it is replaced by a folder with "
      "server.pem and server.key");
  add("config-websocket", po::value(&given.config_websocket), "one shard with a WebSocket listener");
  add("config-kept", po::value(&given.config_kept),
      "one shard with a store in @FOLDER@, for the rows that measure what is kept");
  add("config-synced", po::value(&given.config_synced), "the same, synced before it is acknowledged");
  add("config-events", po::value(&given.config_events),
      "one shard with topics and event subscriptions, for the rows of events; @DURABILITY@ in it is replaced by "
      "written "
      "or synced, @REPEAT n@…@END@ by n copies, numbered where @N@ stands");
  add("config-push", po::value(&given.config_push),
      "one shard with event subscriptions that push to @SINK@, which is replaced by a port of trellis-bench");
  add("trellis-command", po::value(&given.trellis_command)->default_value(given.trellis_command),
      "how it is started; {trellis}, {config} and {port} are replaced");
  add("trellis-port", po::value(&given.trellis_port), "port of a config that names one itself");
  add("mosquitto", po::value(&given.mosquitto)->default_value(given.mosquitto), "program to compare with; 'none'");
  add("nats", po::value(&given.nats)->default_value(given.nats), "the same for events that are received; 'none'");
  add("nginx", po::value(&given.nginx)->default_value(given.nginx), "the same for events that are published; 'none'");
  add("generator", po::value(&given.generator), "path of trellis-bench; default: beside this program");
  add("table", po::value(&given.table)->default_value(given.table), "scenarios and thresholds");
  add("only", po::value(&given.only), "only rows whose name contains one of these, comma-separated");
  add("rounds", po::value(&given.rounds)->default_value(given.rounds), "the median of which counts");
  add("seconds", po::value(&given.seconds)->default_value(given.seconds), "measured per run");
  add("warmup", po::value(&given.warmup)->default_value(given.warmup), "seconds before that");
  add("broker-cores", po::value(&given.broker_cores)->default_value(given.broker_cores), "or 'any'");
  add("generator-cores", po::value(&given.generator_cores)->default_value(given.generator_cores), "or 'any'");
  add("shards-cores", po::value(&given.shards_cores)->default_value(given.shards_cores),
      "for both configs in the rows that compare shards");
  add("realtime", po::bool_switch(&given.realtime),
      "run broker and generator before ordinary processes, for a machine that is not quiet; needs root");
  add("smoke", po::bool_switch(&given.smoke), "only check correctness, briefly");
  add("output,o", po::value(&given.output)->default_value(given.output), "text or json");
  return all;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

std::vector<int> cores_of(const std::string& text) {
  std::vector<int> cores;
  if (text == "any") return cores;
  for (const auto& part : split(text)) {
    const int core = std::stoi(part);
    if (core < 0 || core >= 1024) throw std::runtime_error("no core " + part);
    // Fewer cores than asked for: run unpinned rather than not at all.
    if (core >= static_cast<int>(std::thread::hardware_concurrency())) return {};
    cores.push_back(core);
  }
  return cores;
}

std::optional<BrokerRecipe> trellis_recipe(const Arguments& given, const std::string& config, const char* name) {
  if (given.trellis.empty() || config.empty()) return std::nullopt;
  std::ifstream file(config);
  if (!file) throw std::runtime_error("config " + config + ": not readable");
  std::ostringstream text;
  text << file.rdbuf();
  std::string command = given.trellis_command;
  if (const auto at = command.find("{trellis}"); at != std::string::npos) command.replace(at, 9, given.trellis);
  if (given.trellis_port == 0 && text.str().find("@PORT@") == std::string::npos &&
      command.find("{port}") == std::string::npos) {
    throw std::runtime_error("config " + config + " has no @PORT@; give --trellis-port");
  }
  return BrokerRecipe{.name = name,
                      .command = command,
                      .config = text.str(),
                      .config_name = std::string(name) + ".json",
                      .port = given.trellis_port,
                      .placement = {cores_of(given.broker_cores), given.realtime}};
}

// In the config of rows about events a durability is written as a mark.
std::optional<BrokerRecipe> events_recipe(const Arguments& given, const std::string& durability) {
  auto recipe =
      trellis_recipe(given, given.config_events, durability == "synced" ? "trellis-events-synced" : "trellis-events");
  if (!recipe) return recipe;
  const std::string mark = "@DURABILITY@";
  for (auto at = recipe->config.find(mark); at != std::string::npos; at = recipe->config.find(mark)) {
    recipe->config.replace(at, mark.size(), durability);
  }
  recipe->generator_options = {"--wire", "http"};
  return recipe;
}

void add_events(const Arguments& given, ComparisonOptions& options) {
  const auto written = events_recipe(given, "written");
  options.by_setup["events"].trellis = written;
  options.by_setup["events-alone"].trellis = written;
  options.by_setup["events-nginx"].trellis = written;
  options.by_setup["events-synced"].trellis = events_recipe(given, "synced");
  if (given.nats != "none") options.by_setup["events"].reference = nats_recipe(given.nats);
  if (given.nginx != "none") options.by_setup["events-nginx"].reference = nginx_recipe(given.nginx);
}

void add_mosquitto(const Arguments& given, ComparisonOptions& options) {
  if (given.mosquitto == "none") return;
  options.by_setup["none"].reference = mosquitto_recipe(given.mosquitto);
  options.by_setup["kept"].reference = mosquitto_kept_recipe(given.mosquitto);
  options.by_setup["tls"].reference = mosquitto_tls_recipe(given.mosquitto);
}

ComparisonOptions to_options(const Arguments& given, const std::filesystem::path& directory) {
  if (!given.trellis.empty() && given.config.empty()) throw std::runtime_error("--trellis needs --config");
  if (given.rounds < 1 || given.seconds <= 0) throw std::runtime_error("rounds and seconds: expected more than 0");
  ComparisonOptions options;
  options.by_setup["none"].trellis = trellis_recipe(given, given.config, "trellis");
  options.by_setup["tls"].trellis = trellis_recipe(given, given.config_tls, "trellis-tls");
  // Debian's mosquitto has no WebSocket.
  options.by_setup["websocket"].trellis = trellis_recipe(given, given.config_websocket, "trellis-websocket");
  options.by_setup["kept"].trellis = trellis_recipe(given, given.config_kept, "trellis-kept");
  options.by_setup["push"].trellis = trellis_recipe(given, given.config_push, "trellis-push");
  options.by_setup["synced"].trellis = trellis_recipe(given, given.config_synced, "trellis-synced");
  options.two_shards = trellis_recipe(given, given.config_two, "trellis-two");
  add_mosquitto(given, options);
  add_events(given, options);
  for (auto& [setup, opponents] : options.by_setup) {
    if (opponents.reference) opponents.reference->placement = {cores_of(given.broker_cores), given.realtime};
  }
  make_certificate(directory);
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  options.generator = given.generator.empty() ? (here / "trellis-bench").string() : given.generator;
  options.generator_placement = {cores_of(given.generator_cores), given.realtime};
  options.shards_cores = cores_of(given.shards_cores);
  options.rounds = given.rounds;
  options.seconds = given.seconds;
  options.warmup = given.warmup;
  options.directory = directory;
  options.progress = [](const std::string& line) { std::cerr << line << std::endl; };
  return options;
}

std::vector<Row> wanted_rows(const Arguments& given) {
  std::ifstream file(given.table);
  if (!file) throw std::runtime_error("table " + given.table + ": not readable");
  return select_rows(read_table(file), split(given.only));
}

int compare(const Arguments& given, const ComparisonOptions& options) {
  if (given.smoke) return smoke_all(options) ? kFine : kMissed;
  const auto outcomes = compare_all(options, wanted_rows(given));
  if (given.output == "json") {
    Json::StreamWriterBuilder writer;
    writer["indentation"] = "  ";
    writer["precision"] = 6;
    std::cout << Json::writeString(writer, to_json(outcomes)) << '\n';
  } else {
    print_table(std::cout, outcomes);
  }
  const bool missed = std::any_of(outcomes.begin(), outcomes.end(), [](const RowOutcome& o) { return o.failed; });
  return missed ? kMissed : kFine;
}

// A directory for configs and logs that goes with the program.
struct ScratchDirectory {
  std::filesystem::path path;

  ScratchDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "trellis-bench-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

// 15,000 idle clients need as many descriptors, here and in the broker, which inherits the limit.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments given;
  try {
    const po::options_description all = describe(given);
    po::variables_map found;
    po::store(po::parse_command_line(argc, argv, all), found);
    if (found.contains("help")) {
      std::cout << all << '\n';
      return kFine;
    }
    po::notify(found);
  } catch (const std::exception& error) {
    std::cerr << "trellis-bench-compare: " << error.what() << '\n';
    return kUsage;
  }
  try {
    raise_descriptor_limit();
    const ScratchDirectory scratch;
    return compare(given, to_options(given, scratch.path));
  } catch (const std::exception& error) {
    std::cerr << "trellis-bench-compare: " << error.what() << '\n';
    return kCouldNotRun;
  }
}
