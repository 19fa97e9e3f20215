// The brokers under comparison: how each is configured and started.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "child.hpp"

namespace trellis::bench {

/// How to start one kind of broker.
struct BrokerRecipe {
  std::string name;
  std::string command;      // words; {config} and {port} are replaced
  std::string config;       // text of its config file; @PORT@ and @SINK@ are replaced by free ports, @CERTIFICATES@ and
                            // @FOLDER@ by folders; what follows a line "@FILE name@" goes to another file in the latter
  std::string config_name;  // file name the text is written under
  std::uint16_t port = 0;   // fixed port, for a config that names one itself; 0: choose a free one
  Placement placement{};
  std::string program{};                         // what the table calls it
  std::vector<std::string> generator_options{};  // that trellis-bench needs to speak with it
};

/// A broker that answers on 127.0.0.1:port() until this object goes.
class RunningBroker {
 public:
  // Throws std::runtime_error with the broker's own output when it does not come up within ten seconds.
  RunningBroker(const BrokerRecipe& recipe, const std::filesystem::path& directory);

  std::uint16_t port() const { return port_; }
  std::uint16_t sink() const { return sink_; }  // @SINK@ of its config; 0: it has none
  pid_t pid() const { return child_->pid(); }
  bool running() { return child_->running(); }

 private:
  void wait_until_listening(const std::string& name, const std::filesystem::path& log);

  std::uint16_t port_;
  std::uint16_t sink_ = 0;
  std::unique_ptr<Child> child_;
};

// Debian's mosquitto without limits on windows and queues, without persistence and without logging.
BrokerRecipe mosquitto_recipe(const std::string& program);

// The same with persistence as Debian sets it up: a snapshot every half hour and at the end.
BrokerRecipe mosquitto_kept_recipe(const std::string& program);

// The same with the certificate every broker gets.
BrokerRecipe mosquitto_tls_recipe(const std::string& program);

// Debian's nats-server with JetStream in files, one node.
BrokerRecipe nats_recipe(const std::string& program);

// Debian's nginx, which reads a request, throws its body away and answers 200 with nothing.
BrokerRecipe nginx_recipe(const std::string& program);

// Text between @REPEAT n@ and @END@ stands there n times, with 1, 2, … for each @N@ in it. Throws std::runtime_error
// when a mark has no end or no number.
std::string repeat_marked(std::string text);

}  // namespace trellis::bench
