// A real broker process for tests that speak to it over TCP.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "support/broker_config.hpp"
#include "support/child_process.hpp"

namespace trellis::testing {

/// Which program the tests run against: Trellis, unless TRELLIS_TEST_BROKER=mosquitto asks for Debian's mosquitto. The
/// tests were checked against that second broker, so that a test's own mistake is not taken for one of the broker.
enum class BrokerKind { trellis, mosquitto };
BrokerKind broker_kind();

/// Path of the trellis program: TRELLIS_BIN, or the one of this build tree.
std::string trellis_program();

/// A directory that is removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  /// Writes a file into it and returns the file's path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

/// Owns one broker process; the constructor returns once it serves and throws with the broker's output when it does
/// not. Listens on loopback only, on ports the system chose. The destructor ends it.
class Broker {
 public:
  explicit Broker(const BrokerOptions& options = {});
  /// Runs `trellis run` on exactly this configuration.
  static std::unique_ptr<Broker> with_config(const std::string& config);

  /// Port of a listener by name. Throws when the broker did not announce it.
  std::uint16_t port(const std::string& listener = "mqtt") const;
  ChildProcess& process() { return *process_; }
  /// Ends the process by that signal and runs it again on the same configuration and files, on other ports.
  void start_again(int signal);
  /// What the broker printed; for failure messages.
  std::string output() { return process_->output(); }
  const std::string& directory() const { return directory_.path(); }

 private:
  struct ExactConfig {
    std::string text;
  };
  explicit Broker(const ExactConfig& config);
  void start_trellis(const std::string& config);
  void run_trellis(const std::string& file);
  void start_mosquitto(const BrokerOptions& options);

  TemporaryDirectory directory_;
  std::map<std::string, std::uint16_t> ports_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace trellis::testing
