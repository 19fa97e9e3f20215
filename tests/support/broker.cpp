// Starting a broker and learning where it listens.
#include "support/broker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace trellis::testing {
namespace {

std::string text_of(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

constexpr std::chrono::seconds kStartDeadline{20};  // generous: sanitizer builds on a busy machine

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

// Mosquitto cannot choose a port and say which, so one is taken from the system and given back right before.
std::uint16_t free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(probe);
  if (!bound) throw std::runtime_error("no free port on loopback");
  return ntohs(address.sin_port);
}

bool has_line(const std::string& text, const std::string& wanted) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line == wanted && !lines.eof()) return true;
  return false;
}

// "listening <name> <address>:<port>", one line for each listener.
std::map<std::string, std::uint16_t> announced_ports(const std::string& text) {
  std::map<std::string, std::uint16_t> ports;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string verb, name, address;
    if (!(words >> verb >> name >> address) || verb != "listening") continue;
    if (address.starts_with("unix:")) continue;
    ports[name] = static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
  }
  return ports;
}

}  // namespace

BrokerKind broker_kind() {
  static const bool other = environment("TRELLIS_TEST_BROKER", "trellis") == "mosquitto";
  return other ? BrokerKind::mosquitto : BrokerKind::trellis;
}

std::string trellis_program() { return environment("TRELLIS_BIN", TRELLIS_BIN_DEFAULT); }

TemporaryDirectory::TemporaryDirectory() {
  path_ = environment("TMPDIR", "/tmp") + "/trellis-test-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a directory " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& text) const {
  const auto path = path_ + "/" + name;
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
  return path;
}

Broker::Broker(const BrokerOptions& options) {
  if (broker_kind() == BrokerKind::mosquitto)
    start_mosquitto(options);
  else
    start_trellis(trellis_config(options, directory_.path()));
}

Broker::Broker(const ExactConfig& config) { start_trellis(config.text); }

std::unique_ptr<Broker> Broker::with_config(const std::string& config) {
  return std::unique_ptr<Broker>(new Broker(ExactConfig{config}));
}

std::uint16_t Broker::port(const std::string& listener) const {
  const auto found = ports_.find(listener);
  if (found == ports_.end()) throw std::runtime_error("the broker announced no listener '" + listener + "'");
  return found->second;
}

void Broker::start_again(int signal) {
  process_->signal(signal);
  if (!process_->wait(kStartDeadline)) throw std::runtime_error("the broker did not end. It printed:\n" + output());
  run_trellis(directory_.path() + "/trellis.json");
}

void Broker::start_trellis(const std::string& config) { run_trellis(directory_.write("trellis.json", config)); }

void Broker::run_trellis(const std::string& file) {
  process_ = std::make_unique<ChildProcess>(std::vector<std::string>{trellis_program(), "run", "--config", file},
                                            directory_.path());
  const auto ready = [](const std::string& text) { return has_line(text, "ready"); };
  if (!process_->wait_for_output(ready, kStartDeadline))
    throw std::runtime_error("the broker did not become ready. Its configuration:\n" + text_of(file) +
                             "\nIt printed:\n" + output());
  ports_ = announced_ports(output());
}

void Broker::start_mosquitto(const BrokerOptions& options) {
  const auto port = free_port();
  const auto file = directory_.write("mosquitto.conf", mosquitto_config(options, port, directory_.path()));
  process_ = std::make_unique<ChildProcess>(std::vector<std::string>{"/usr/sbin/mosquitto", "-c", file});
  const auto ready = [](const std::string& text) { return text.find(" running") != std::string::npos; };
  if (!process_->wait_for_output(ready, kStartDeadline))
    throw std::runtime_error("mosquitto did not become ready. It printed:\n" + output());
  ports_["mqtt"] = port;
}

}  // namespace trellis::testing
